#!/bin/sh
# 17 3 * * * drift.sh /srv/search: each night, what was changed outside of planner in each environment of a project.
# Its folder is a checkout of its own. cron mails what is printed: what is new since the night before, and failures.
# Credentials are in the environment, or in files that only this user reads; PLANNER_WEBHOOK, where to post, too.
set -u
cd "$1" || exit 1
git pull --quiet --ff-only || exit 1
mkdir -p state
code=0
for environment in $(planner env list --json | python3 -c '
import json, sys
print(*(each["environment"] for each in json.load(sys.stdin)["environments"]))'); do
    planner drift -e "$environment" --since "state/$environment.drift.json" ${PLANNER_WEBHOOK:+--webhook} >"state/drift.txt" ||
        { code=$?; cat "state/drift.txt"; }
done
exit "$code"
