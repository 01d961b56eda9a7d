#!/bin/sh
# A shard per task of an array, on as many machines as Slurm gives:
#     sbatch configs/sweeps/slurm.sh configs/sweeps/batch.json5
# When all have ended: headway merge points-*.csv --out points.csv. A task that was killed goes on
# where it stopped when it is submitted again (sbatch --array=3 ...).
#SBATCH --job-name=headway-sweep
#SBATCH --array=1-4
#SBATCH --cpus-per-task=2
#SBATCH --requeue
set -eu
# As many as the array has; not taken from the array, for a later one may hold a part of it.
shards=4
exec headway sweep "$1" --shard "$SLURM_ARRAY_TASK_ID/$shards" \
    --out "points-$SLURM_ARRAY_TASK_ID.csv"
