# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# What script/release makes, in a root file system without what it stands on: the wheel for glibc and the static command
# of this processor; with script/test --release all of it, and made twice.

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"
. script/lib/release/cache.sh

export LEADERLIFE_DIST=$build/dist LEADERLIFE_RELEASE=${LEADERLIFE_RELEASE:-}
if [[ -n ${LEADERLIFE_RELEASE:-} ]]; then
    run_case made_twice script/release --check
    LEADERLIFE_ROOTFS_AARCH64=$(release_rootfs arm64)/root
    export LEADERLIFE_ROOTFS_AARCH64
else
    run_case made script/release --arch x86_64 --libc gnu
fi
LEADERLIFE_ROOTFS=$(release_rootfs amd64)/root
export LEADERLIFE_ROOTFS
find_controlplane || say "no control plane: these tests are skipped"
run_pytest tests/release

# The scenarios once through the wheel as pip installs it, in place of what the build tree has.
if [[ -n ${LEADERLIFE_RELEASE:-} ]]; then
    venv=$build/wheel-venv
    /usr/bin/python3 -m venv --without-pip "$venv"
    "$(python_tools)/bin/pip" --python "$venv/bin/python" install --quiet --no-index \
        "$LEADERLIFE_DIST"/leaderlife-*manylinux*_x86_64.whl
    results=$results/scenarios
    mkdir -p "$results"
    python="env -u PYTHONPATH $venv/bin/python" run_pytest tests/scenarios -k python
fi
