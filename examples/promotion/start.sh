#!/usr/bin/env bash
# Makes a git repository of this example in a new folder: ./start.sh FOLDER
set -euo pipefail
folder=${1:?"usage: start.sh FOLDER"}
mkdir "$folder"
cp -R "$(dirname "${BASH_SOURCE[0]}")"/{planner.yaml,environments,templates,files} "$folder"
cd "$folder"
printf 'state/\n*.plan.json\n' > .gitignore
git init --quiet --initial-branch main
git config user.name "Ada"
git config user.email "ada@shop.example"
git add .
git commit --quiet --message "Bundles of the shop"
echo "$folder is a git repository of its own now."
