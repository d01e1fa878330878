#!/bin/sh
# One run over all tasks of a job:
#
#   sbatch slurm-mpi.sh race.yaml
#SBATCH --job-name=hetsoc
#SBATCH --ntasks=8
#SBATCH --output=race.log

# `srun --mpi=pmix hetsoc ...` does the same where Slurm was built with PMIx.
exec mpirun -n "$SLURM_NTASKS" hetsoc run "$1" -o out/race --mpi
