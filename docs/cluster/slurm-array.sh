#!/bin/sh
# A job array of 8 tasks, each a shard of the experiment, and a job that joins them:
#
#   job=$(sbatch --parsable slurm-array.sh race.yaml)
#   sbatch --dependency=afterok:$job --wrap 'hetsoc merge out/race-shard-*-of-8 -o out/race'
#
# Where a task was killed, the whole array is simply submitted again: it runs what is missing. A part
# of the array (--array=3) would be another division of the trials; name the shard then, --shard 3/8.
#SBATCH --job-name=hetsoc
#SBATCH --array=0-7
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --output=shard-%a.log

exec hetsoc run "$1"
