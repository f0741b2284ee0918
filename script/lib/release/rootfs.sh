# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# rootfs.sh ARCH FOLDER: the smallest Debian with a Python and nothing of what leaderlife stands on, to try wheels in.
# From the archive that this machine itself installs from.

set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=../common.sh
. "$(dirname "$0")/../common.sh"

arch=$1 folder=$2
debian=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' "Codename: $debian" | head -n 1)
[[ -n $mirror ]] || die "apt knows no archive of this Debian; run apt-get update"
options=(--variant=minbase --include=python3 "--arch=$arch")
if [[ $arch == "$(dpkg --print-architecture)" ]]; then
    debootstrap "${options[@]}" "$debian" "$folder/root" "$mirror"
else
    debootstrap --foreign "${options[@]}" "$debian" "$folder/root" "$mirror"
    cp "$(command -v qemu-aarch64-static)" "$folder/root/usr/bin/"
    # Unpacked, not configured: that is enough for a Python, and needs no program of that processor to run.
    for package in "$folder"/root/var/cache/apt/archives/*.deb; do
        dpkg-deb --extract "$package" "$folder/root"
    done
fi
rm -rf "$folder"/root/var/cache/apt/archives/*.deb "$folder/root/etc/ssl"
