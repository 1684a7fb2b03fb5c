#!/bin/bash
# What sluice_binary links, and what sluice_config_test refuses.
set -u

two_plugins="$1"
unknown_plugin="$2"
unset_variable="$3"
failures=0

complain() {
  echo "$*"
  failures=$((failures + 1))
}

plugins="$("./${two_plugins}" plugins --output json)" || complain "two_plugins does not run"
names="$(grep -o '"name":"[a-z_]*"' <<< "${plugins}" | sort -u | tr '\n' ' ')"
[[ "${names}" == '"name":"file" "name":"generate" ' ]] || complain "two_plugins has other plugins: ${plugins}"

# expect_refusal SCRIPT PATTERN: the test fails, and says so with the line. Variables of the caller do not get through.
expect_refusal() {
  local printed
  printed="$(STREAM=/will/test/ "./$1" 2>&1)" && complain "$1 passes"
  grep -qE -- "$2" <<< "${printed}" || complain "$1 does not say \"$2\": ${printed}"
}

expect_refusal "${unknown_plugin}" 'secret.yaml:6: .*inthing'
expect_refusal "${unset_variable}" 'secret.yaml:6: .*STREAM'

exit $((failures > 0))
