#!/bin/bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs scenarios with several builds of jishi and compares traces and summaries byte by byte.
#
#     same_bytes.sh JISHI [JISHI]... [-- SCENARIO...]
#
# Each program is compared with the first; the first also with itself, under memory that is not zero,
# another time zone, another folder and one processor. Scenarios: those of tests/same_bytes/.
# Closes with `N passed, N failed`; exit status 1 if one failed, 77 if there is no program.
set -u

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P)
programs=()
while [ $# -gt 0 ] && [ "$1" != -- ]; do
    programs+=("$1")
    shift
done
[ $# -gt 0 ] && shift
scenarios=("$@")
[ ${#scenarios[@]} -gt 0 ] || scenarios=("$here"/../same_bytes/*.yaml)
if [ ${#programs[@]} -eq 0 ]; then
    echo "usage: same_bytes.sh JISHI [JISHI]... [-- SCENARIO...]" >&2
    exit 2
fi
for program in "${programs[@]}"; do
    [ -x "$program" ] || { echo "skipped: no program $program"; exit 77; }
done

folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
trap 'exit 130' INT TERM
mkdir -p "$folder/a folder"
passed=0
failed=0

# run_one NAME SCENARIO COMMAND...: leaves NAME.h5 and NAME.txt, or says what went wrong.
run_one()
{
    local name=$1 scenario=$2 status
    shift 2
    "$@" run "$scenario" -o "$folder/$name.h5" >"$folder/$name.txt" 2>"$folder/$name.err" && return
    status=$?
    echo "failed: $* run $scenario: exit status $status: $(head -n 3 "$folder/$name.err")"
    return 1
}

# compare NAME SCENARIO COMMAND...: run it and hold it against what the first program left.
compare()
{
    if run_one "$@" && cmp "$folder/first.h5" "$folder/$1.h5" &&
        cmp "$folder/first.txt" "$folder/$1.txt"; then
        passed=$((passed + 1))
    else
        echo "differs: ${*:2}"
        failed=$((failed + 1))
    fi
}

one_processor=()
command -v taskset >/dev/null && one_processor=(taskset -c 0)
for scenario in "${scenarios[@]}"; do
    if ! run_one first "$scenario" "${programs[0]}"; then
        failed=$((failed + 1))
        continue
    fi
    compare "a folder/again" "$scenario" env MALLOC_PERTURB_=201 TZ=Asia/Shanghai LC_ALL=C \
        "${one_processor[@]}" "${programs[0]}"
    for program in "${programs[@]:1}"; do
        compare other "$scenario" "$program"
    done
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
