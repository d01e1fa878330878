#!/bin/sh
# 8 shards, two at a time, with GNU parallel, then joined:
#
#   parallel.sh race.yaml
#
# With --sshlogin HOST,HOST --wd . they run on other machines that share this folder.
set -e
parallel -j 2 hetsoc run "$1" -j 1 --quiet -o 'out/shard-{}' --shard '{}/8' ::: 0 1 2 3 4 5 6 7
exec hetsoc merge out/shard-* -o out/joined
