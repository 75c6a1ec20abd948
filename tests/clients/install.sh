#!/usr/bin/env bash
# Install the SDKs of the real-client tests under .clients/ at the top of the tree, each set in a folder of its own:
#   .clients/{current,previous,oldest}   Python, from requirements-NAME.txt, put on PYTHONPATH by the tests
#   .clients/agents                      LangChain and pydantic-ai in the same way: 190 MB that development does without
#   .clients/{frameworks,instructor}     litellm and the OpenAI Agents SDK, and instructor: 550 MB for `make acts` alone
#   .clients/{llm-comply,provider-check} outside judges of the mock, in Python, for tests/judges
#   .clients/compatcanary                another one, from tests/judges/compatcanary/package-lock.json
#   .clients/{node,node-previous}        Node, from NAME/package-lock.json
#   .clients/browser                     a bundler for those, and axe, from browser/package-lock.json
#   .clients/editor                      what editors run for YAML files, from editor/package-lock.json
#   .clients/react                       what examples/react is built from and with, from its package-lock.json
# `install.sh` installs all sets but those of `make acts`; `install.sh NAME...` installs these Python sets.
# Idempotent and safe to call before every test run: a set is installed again only when its stamp is not the hash of its
# files and of the interpreter that it was installed for. `PYTHON` names the interpreter; the tests must run on the same.
# Exit codes: 0 installed, 1 an installation failed, 2 something is missing on this machine.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
clients=$(cd "$here/../.." && pwd)/.clients
python=${PYTHON:-python3}

missing() { echo "install.sh: $1" >&2; exit 2; }

command -v "$python" >/dev/null || missing "no $python: the Python clients need it (or set PYTHON)"
"$python" -m pip --version >/dev/null 2>&1 || missing "$python has no pip: the Python clients are installed with it"
command -v node >/dev/null || missing "no node: the Node clients need Node 20 or newer"
command -v npm >/dev/null || missing "no npm: the Node clients are installed with it"
[ "$(node -p 'parseInt(process.versions.node) >= 20')" = true ] || missing "Node $(node --version): 20 or newer is needed"

runtimes=$("$python" -c 'import sys, sysconfig; print(sys.version, sysconfig.get_platform())'; node --version)
# Words and files in, one hash out. cksum is everywhere, and this guards against forgetting, not against malice.
stamp_of() { { echo "$runtimes"; cat "$@"; } | cksum; }

# install_set NAME COMMAND FILE...: run COMMAND in a fresh .clients/NAME, unless it was done for these very files.
install_set() {
  local name=$1 command=$2 folder=$clients/$1
  shift 2
  local stamp
  stamp=$(stamp_of "$here/install.sh" "$@")
  [ "$(cat "$folder/.stamp" 2>/dev/null)" = "$stamp" ] && return
  echo "installing clients: $name"
  rm -rf "$folder"
  mkdir -p "$folder"
  "$command" "$folder" "$@"
  echo "$stamp" > "$folder/.stamp"
}

with_pip() {
  "$python" -m pip install -qq --no-warn-conflicts --root-user-action=ignore --disable-pip-version-check \
    --target "$1" --requirement "$2"
}

# Some current packages ask for Node 22 in their `engines`; they run on 20, as the tests show, so that is no error.
with_npm() {
  cp "$2" "$3" "$1"
  npm ci --prefix "$1" --loglevel=error --no-audit --no-fund --ignore-scripts >/dev/null
}

mkdir -p "$clients"
echo '*' > "$clients/.gitignore"
python_sets=("$@")
node_sets=()
if [ $# = 0 ]; then
  python_sets=(current previous oldest agents llm-comply provider-check)
  node_sets=("$here/node" "$here/node-previous" "$here/browser" "$here/editor" "$here/../../examples/react" \
    "$here/../judges/compatcanary")
fi
jobs=()
for name in "${python_sets[@]}"; do
  install_set "$name" with_pip "$here/requirements-$name.txt" & jobs+=($!)
done
for folder in "${node_sets[@]}"; do
  install_set "$(basename "$folder")" with_npm "$folder/package.json" "$folder/package-lock.json" & jobs+=($!)
done
failed=0
for job in "${jobs[@]}"; do wait "$job" || failed=1; done
exit "$failed"
