# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# The tests in C under valgrind: what touches memory, descriptors and the kernel. The walks over all states and the
# random histories are left to the sanitizers, which are twenty times as fast, and so is what brings its own allocator
# (*_memory), which valgrind would replace. So are children on a pidfd (child, exec_plugin, seccomp): valgrind 3.19
# knows no pidfd_open. And so are writes that are withdrawn after some milliseconds (http_withdraw): a process that
# valgrind slows down has not sent them by then; every day of ten thousand years (time_text), and texts that are made to
# be slow (kubeconfig_yaml). It runs no program with setgid (backend_choice).
# Of the embedded lock, what needs a pidfd (left) and what hides /proc, which valgrind needs itself (hidden, time).

# shellcheck source-path=SCRIPTDIR source=../suite.sh
. "$(dirname "$0")/../suite.sh"

checker='valgrind;--quiet;--leak-check=full;--errors-for-leak-kinds=definite,possible;--error-exitcode=99'
checker+=';--trace-children=no;--child-silent-after-fork=yes'
build_tests "$checker"
left_out='_memory$|\.child$|\.exec_plugin$|\.seccomp$|\.time_text$|\.kubeconfig_yaml$|\.http_withdraw$'
left_out+='|\.backend_choice$|^local\.(left|hidden|time)$'
run_ctest build/tests 'unit|local' --exclude-regex "$left_out"
