# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# in_debian.sh DEBIAN FOLDER CHECKOUT: runs the commands of FOLDER/commands.sh in that Debian. What they write is kept
# in FOLDER. To be run in namespaces for mounts and processes of its own.

set -euo pipefail
debian=$1 folder=$2 checkout=$3
mkdir "$folder"/{written,work,root}
root=$folder/root
mount -t overlay overlay -o "lowerdir=$debian,upperdir=$folder/written,workdir=$folder/work" "$root"
mount -t proc proc "$root/proc"
mount -t sysfs sysfs "$root/sys"
mount --rbind /dev "$root/dev"
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir "$root/checkout"
mount --bind "$checkout" "$root/checkout"
mount -o remount,bind,ro "$root/checkout"
common=$(git -C "$checkout" rev-parse --path-format=absolute --git-common-dir)
mkdir -p "$root$common"
mount --bind "$common" "$root$common"
mount -o remount,bind,ro "$root$common"
cp "$folder/commands.sh" "$root/root/"
exec chroot "$root" env -i HOME=/root LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
    PIP_CERT=/etc/ssl/certs/ca-certificates.crt PYTHONUNBUFFERED=1 bash -euo pipefail /root/commands.sh
