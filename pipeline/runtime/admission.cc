#include "pipeline/runtime/admission.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/runtime/dead_letter.h"

namespace sluice {
namespace {

constexpr uint64_t kHighBits = 0x8080808080808080u;

// The bytes of a word from `from` on; `size` is at most 8.
uint64_t LoadBytes(const char* from, size_t size) {
  uint64_t word = 0;
  std::memcpy(&word, from, size);
  return word;
}

// Most text is ASCII, and short: that is seen faster than a general check
// begins.
bool IsAscii(std::string_view text) {
  constexpr size_t kWord = sizeof(uint64_t);
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.size() < kWord) {
    return text.empty() || (LoadBytes(at, text.size()) & kHighBits) == 0;
  }
  // The last word may begin within the one before.
  uint64_t seen = LoadBytes(end - kWord, kWord);
  for (; static_cast<size_t>(end - at) > kWord; at += kWord) {
    seen |= LoadBytes(at, kWord);
  }
  return (seen & kHighBits) == 0;
}

bool IsText(std::string_view bytes) { return IsAscii(bytes) || IsUtf8(bytes); }

// The name of the first attribute that is not UTF-8, or nullptr.
const char* FindInvalidText(const EventView& event) {
  if (!IsText(event.id())) return "id";
  if (!IsText(event.source())) return "source";
  if (!IsText(event.type())) return "type";
  if (!IsText(event.subject())) return "subject";
  if (!IsText(event.datacontenttype())) return "datacontenttype";
  const char* invalid = nullptr;
  event.ForEachLabel([&](const LabelView& label) {
    if (!IsText(label.key) || !IsText(label.value)) invalid = "labels";
  });
  return invalid;
}

storage::v1::DeadLetter NewDeadLetter(std::string_view source,
                                      std::string_view reason,
                                      std::string message, absl::Time now) {
  storage::v1::DeadLetter letter;
  letter.set_component(std::string(source));
  letter.set_reason(std::string(reason));
  SetDeath(message, now, &letter);
  letter.set_message(std::move(message));
  return letter;
}

}  // namespace

std::optional<storage::v1::DeadLetter> RefuseEvent(const EventView& event,
                                                   size_t max_event_bytes,
                                                   std::string_view source,
                                                   absl::Time now) {
  if (event.wire().size() > max_event_bytes) {
    storage::v1::DeadLetter letter = NewDeadLetter(
        source, "too_large",
        absl::StrCat("the event has ", event.wire().size(),
                     " bytes; max_event_bytes allows ", max_event_bytes),
        now);
    const std::string_view kept = event.wire().substr(0, kMaxDeadLetterBytes);
    if (kept.size() == event.wire().size()) {
      letter.set_event(std::string(kept));
    } else {
      letter.set_input(std::string(kept));
      letter.set_truncated_bytes(event.wire().size() - kept.size());
    }
    return letter;
  }
  if (event.id().empty()) {
    auto letter = NewDeadLetter(
        source, "no_id", "the event has no id, so a repeat could not be told",
        now);
    letter.set_event(std::string(event.wire()));
    return letter;
  }
  if (const char* attribute = FindInvalidText(event)) {
    auto letter = NewDeadLetter(
        source, "invalid_utf8",
        absl::StrCat("the event's ", attribute, " is not valid UTF-8"), now);
    letter.set_event(std::string(event.wire()));
    return letter;
  }
  return std::nullopt;
}

storage::v1::DeadLetter KeepMalformed(MalformedInput input,
                                      std::string_view source, absl::Time now) {
  storage::v1::DeadLetter letter =
      NewDeadLetter(source, input.reason, std::move(input.message), now);
  if (input.bytes.size() > kMaxDeadLetterBytes) {
    letter.set_truncated_bytes(input.bytes.size() - kMaxDeadLetterBytes);
    input.bytes.resize(kMaxDeadLetterBytes);
  }
  letter.set_input(std::move(input.bytes));
  return letter;
}

}  // namespace sluice
