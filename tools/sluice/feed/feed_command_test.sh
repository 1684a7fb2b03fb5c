#!/bin/bash
# `sluice feed` with the real binary: what it refuses before it sends anything,
# and everything it does against the sandbox.
set -u

sluice="$1"
failures=0

unset LOCAL STREAM_URL STREAM_REGION STREAM_KEY STREAM_SECRET STREAM_API_KEY \
  STREAM_API_SECRET STREAM_APP_ID

fail() {
  echo "FAILED: $*"
  failures=$((failures + 1))
}

# expect CODE PATTERN ARGS...: `sluice feed ARGS` ends with CODE and prints PATTERN.
expect() {
  local code="$1" pattern="$2" actual
  shift 2
  printed="$("${sluice}" feed "$@" 2>&1)"
  actual=$?
  [[ ${actual} -eq ${code} ]] ||
    fail "sluice feed $*: exit code ${actual}, not ${code}: ${printed}"
  grep -qF -- "${pattern}" <<< "${printed}" ||
    fail "sluice feed $*: \"${pattern}\" is not in: ${printed}"
}

# Nothing listens on port 1: whoever sends gets another error.
export STREAM_KEY=key STREAM_SECRET=secret STREAM_URL=http://127.0.0.1:1
expect 2 "A subcommand is required"
expect 2 'feed: "user" is no feed' get user
expect 2 "limit: -1 is not allowed" get user:1 --limit -1
expect 2 "activity: no JSON at byte" add user:1 '{'
expect 2 "activity.to: must be a list" add user:1 '{"to":"user:2"}'
expect 2 "activities[1]: must be a JSON object" add user:1 '[{},7]'
expect 2 "/no/such cannot be read: No such file" add user:1 @/no/such
expect 2 "activity_id: give the id" remove user:1
expect 2 "activity_id: give the id" remove user:1 ID --foreign-id F
expect 2 "target: " follow user:1 nobody
expect 2 "follows[0].target: " follow-many '[{"source":"user:1"}]'
expect 2 "ids: give ids" activities get
expect 2 "activities[0].time: is needed" activities update '[{"foreign_id":"f"}]'
expect 2 "changes[0]: needs either an id" activities partial-update
expect 2 "--changes: not together" activities partial-update ID --changes "[]"
expect 2 "by: must be" reactions filter feed ID
expect 2 "new_targets: one of" targets user:1 --foreign-id f --time 2020-01-02T03:04:05
expect 2 "target_url: " redirect-url example.com --user bob '[]'
expect 2 "data: must be a JSON object" users update bob '[]'
expect 2 "id: must be one or more" collections get food 'a b'
expect 2 "--param: " personalization get x --param y
expect 2 "--api-secret-env: " get user:1 --api-secret-env NO_SUCH_VARIABLE
expect 1 "the service cannot be reached" get user:1
expect 0 "" add user:1 '[]' --output json
for command in "" get add add-many remove targets follow unfollow followers \
  following follow-many unfollow-many stats "activities get" \
  "activities update" "activities partial-update" "reactions add" \
  "reactions filter" "users add" "users get" "collections upsert" \
  "token user" redirect-url og "personalization post"; do
  # shellcheck disable=SC2086  # Words of a command.
  expect 0 "Examples:" ${command} --help
done
# The first vector of stream-python 5.3.1 and of stream-go2 8.9.0.
expect 0 "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJ1c2VyX2lkIjoidXNlciJ9.0Kiui6HUywyU-C-00E68n1iq_3o7Eh0aE5VGSOc3pU4" token user user
expect 0 '{"token":"eyJ' token read-only user:1 --output json

# The sandbox.
ready="${TEST_TMPDIR}/ready"
"${sluice}" sandbox --rate=0 --no-rate-limit > "${ready}" 2> "${TEST_TMPDIR}/sandbox.log" &
sandbox=$!
trap 'kill "${sandbox}"; wait "${sandbox}"' EXIT
for ((i = 0; i < 200; ++i)); do
  [[ -s ${ready} ]] && break
  sleep 0.1
done
# field NAME: of the feed service in the ready line.
field() {
  sed -n "s/.*\"feed\": *{[^}]*\"$1\": *\"\([^\"]*\)\".*/\1/p" "${ready}"
}
STREAM_URL="$(field base_url)"
STREAM_KEY="$(field api_key)"
STREAM_SECRET="$(field api_secret)"
[[ -n ${STREAM_URL} && -n ${STREAM_SECRET} ]] || fail "no ready line: $(cat "${ready}")"

activity='{"actor":"1","verb":"run","object":"1","foreign_id":"run:1","time":"2020-01-02T03:04:05.123456","n":1.50,"name":"Jürgen"}'
expect 0 "run:1" add user:1 "${activity}"
expect 0 "Jürgen" add user:1 - <<< "${activity}"
expect 0 '"name":"Jürgen"' get user:1 --output json
expect 0 "FOREIGN ID" get user:1
[[ $(grep -c "run:1" <<< "${printed}") -eq 1 ]] || fail "not one activity: ${printed}"
expect 0 "TIME" add user:1 '[{"actor":"2","verb":"run","object":"1"},{"actor":"3","verb":"run","object":"1"}]'
expect 0 "more: --id-lt" get user:1 --limit 1
expect 0 "flat:1 follows user:1" follow flat:1 user:1
expect 0 "flat:1" followers user:1
expect 0 "user:1" following flat:1 --limit 1
expect 0 "no follows" following flat:1 --limit 1 --offset 1
expect 0 "no follows" following flat:1 --filter user:9
expect 0 "1 follower, follows 0 feeds" stats user:1
expect 0 "run:1" get flat:1
expect 0 "flat:1 no longer follows user:1" unfollow flat:1 user:1 --keep-history
expect 0 "made 2 follows" follow-many '[{"source":"flat:1","target":"user:1"},{"source":"flat:2","target":"user:1"}]'
expect 0 "ended 1 follow" unfollow-many '[{"source":"flat:1","target":"user:1"}]'
expect 0 "added to 2 feeds" add-many '{"actor":"1","verb":"alarm","object":"1"}' flat:5 flat:6
expect 0 "alarm" get flat:6
expect 0 "run:1" activities get --foreign-id run:1 --time 2020-01-02T03:04:05.123456
expect 0 "boots" activities partial-update --foreign-id run:1 --time 2020-01-02T03:04:05.123456 --set '{"product.name":"boots"}' --unset n
expect 0 "updated 1 activity" activities update "[${activity}]"
expect 0 "added    user:7" targets user:1 --foreign-id run:1 --time 2020-01-02T03:04:05.123456 --add user:7
expect 0 "run:1" get user:7
expect 0 "removed run:1" remove user:1 --foreign-id run:1
expect 1 "code 4" add user:1 '{"verb":"run","object":"1"}'
expect 1 "code 2" get user:1 --api-key wrong --api-secret-env STREAM_SECRET

# Users, collections, reactions, notifications and the rest.
id=89199700-2d0c-11ea-8080-80003644b625
expect 0 '{"name":"Bob"}' users add bob --data '{"name":"Bob"}'
expect 1 "code 22" users add bob
expect 0 "bob" users add bob --get-or-create
expect 0 "Robert" users update bob '{"name":"Robert"}'
expect 0 "followers_count" users get bob --follow-counts
expect 0 "alice" users add-many '[{"id":"alice"},{"id":"eve","data":{"n":1}}]' --override
expect 0 "eve" users get alice eve
expect 0 "deleted 2 users" users delete alice eve
expect 0 "food:1" collections add food '{"n":1}' --id 1
expect 0 '{"n":2}' collections update food 1 '{"n":2}'
expect 0 "stored 2 entries" collections upsert food '[{"id":"2","n":1},{"id":"3","n":1}]'
expect 0 "food:2" collections get food 1 2
expect 0 "food:3" collections select food 3 4
expect 0 "deleted 2 entries" collections delete food 2 3
expect 0 "deleted 1 entry" collections delete food 1
expect 1 "code 16" collections get food 1
expect 0 "${id}" add user:8 '{"actor":"SU:bob","verb":"tweet","object":"1","foreign_id":"tweet:1","time":"2020-01-02T03:04:05.123456"}'
expect 0 "Robert" get user:8 --enrich --reaction-counts
expect 0 "like" reactions add "${id}" like --user bob --data '{"n":1}' --target-feeds user:9
reaction="$(sed -n 's/^id  *//p' <<< "${printed}")"
expect 0 "${reaction}" get user:9
expect 0 "thanks" reactions add-child "${reaction}" thanks --user bob
expect 0 "${reaction}" reactions filter activity "${id}" --kind like
expect 0 "thanks" reactions filter reaction "${reaction}"
expect 0 "${id}" reactions get "${reaction}"
expect 0 "CREATED" reactions get "${reaction}" "${reaction}" --include-deleted
expect 0 '{"n":2}' reactions update "${reaction}" --data '{"n":2}'
expect 0 "deleted ${reaction}" reactions delete "${reaction}" --soft
expect 0 "restored ${reaction}" reactions restore "${reaction}"
expect 1 "code 16" reactions restore "${reaction}"
expect 0 "deleted ${reaction}" reactions delete "${reaction}"
expect 0 "run" add notification:1 "${activity}"
expect 0 "1 unread" get notification:1 --mark-seen all
expect 0 "0 unread" get notification:1 --mark-read all
expect 0 "counted" engagements '[{"content":"tweet:2","label":"click","user_data":"bob"}]'
expect 0 "counted" impressions '[{"content_list":["tweet:1"],"user_data":"bob"}]'
expect 0 "title" og https://example.com/page
expect 0 "results" personalization get follow_recommendations --param user_id=bob
expect 0 "deleted 1 user" users delete bob

exit $((failures > 0))
