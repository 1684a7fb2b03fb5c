#include "plugins/generate/generated_event.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <limits>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::generate {
namespace {

constexpr std::string_view kType = "temperature";
constexpr std::string_view kContentType = "application/json";
constexpr std::string_view kSubjectPrefix = "device-";
constexpr std::string_view kDataHead = "{\"temperature\":{\"value\":";
constexpr std::string_view kDataIndex = "},\"index\":";
constexpr std::string_view kDataPadding = ",\"padding\":\"";
constexpr std::string_view kDataTail = "\"}";
// Digits of the largest uint64_t.
constexpr size_t kMaxDigits = std::numeric_limits<uint64_t>::digits10 + 1;

// Appends the digits of `value` at `at` and returns the end.
char* PutNumber(char* at, uint64_t value) {
  return std::to_chars(at, at + kMaxDigits, value).ptr;
}

char* PutText(char* at, std::string_view text) {
  std::memcpy(at, text.data(), text.size());
  return at + text.size();
}

// SplitMix64 (https://prng.di.unimi.it/splitmix64.c): every bit of the result
// depends on every bit of `value`.
uint64_t Mix(uint64_t value) {
  value += 0x9e3779b97f4a7c15;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9;
  value = (value ^ (value >> 27)) * 0x94d049bb133111eb;
  return value ^ (value >> 31);
}

// A temperature from 10.00 to 34.99, always five characters.
char* PutReading(char* at, uint64_t seed, uint64_t index) {
  const uint64_t hundredths = 1000 + Mix(Mix(seed) ^ index) % 2500;
  at = PutNumber(at, hundredths / 100);
  *at++ = '.';
  *at++ = static_cast<char>('0' + hundredths / 10 % 10);
  *at++ = static_cast<char>('0' + hundredths % 10);
  return at;
}

}  // namespace

absl::StatusOr<GeneratedId> ParseGeneratedId(std::string_view id) {
  GeneratedId result;
  const size_t dash = id.find('-');
  const char* const end = id.data() + id.size();
  if (dash == std::string_view::npos ||
      std::from_chars(id.data(), end, result.seed).ec != std::errc() ||
      std::from_chars(id.data() + dash + 1, end, result.index).ec !=
          std::errc() ||
      id != absl::StrCat(result.seed, "-", result.index)) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", std::string(id),
                     "\" is not the id of a generated event, <seed>-<index>"));
  }
  return result;
}

GeneratedEventWriter::GeneratedEventWriter(uint64_t seed, uint32_t devices,
                                           uint32_t payload_bytes,
                                           std::string source)
    : seed_(seed),
      devices_(devices),
      source_(std::move(source)),
      id_(absl::StrCat(seed, "-")),
      id_prefix_(id_.size()),
      subject_(kSubjectPrefix),
      subject_prefix_(kSubjectPrefix.size()),
      data_(payload_bytes, 'x') {
  id_.resize(id_prefix_ + kMaxDigits);
  subject_.resize(subject_prefix_ + kMaxDigits);
  std::copy(kDataTail.begin(), kDataTail.end(), data_.end() - kDataTail.size());
}

std::string_view GeneratedEventWriter::Data(uint64_t index) {
  char* const begin = data_.data();
  char* at = PutText(begin, kDataHead);
  at = PutReading(at, seed_, index);
  at = PutText(at, kDataIndex);
  at = PutNumber(at, index);
  at = PutText(at, kDataPadding);
  const size_t head = at - begin;
  // A shorter index than the last one leaves old bytes behind it.
  if (head < data_head_) std::memset(at, 'x', data_head_ - head);
  data_head_ = head;
  return data_;
}

void GeneratedEventWriter::Write(uint64_t index, int64_t time_unix_nanos,
                                 EventBatchBuilder* batch) {
  const char* id_end = PutNumber(id_.data() + id_prefix_, index);
  const char* subject_end =
      PutNumber(subject_.data() + subject_prefix_, index % devices_);
  EventFields fields;
  fields.id = std::string_view(id_.data(), id_end - id_.data());
  fields.source = source_;
  fields.type = kType;
  fields.subject =
      std::string_view(subject_.data(), subject_end - subject_.data());
  fields.datacontenttype = kContentType;
  fields.data = Data(index);
  fields.time_unix_nanos = time_unix_nanos;
  batch->Add(fields);
}

size_t GeneratedEventWriter::event_bytes() const {
  // Each field has a tag and a length, and so has the event itself.
  constexpr size_t kFraming = 32;
  return id_.size() + subject_.size() + source_.size() + kType.size() +
         kContentType.size() + data_.size() + kFraming;
}

absl::Status CheckGeneratedEvent(const EventView& event, uint32_t devices,
                                 uint32_t payload_bytes) {
  absl::StatusOr<GeneratedId> id = ParseGeneratedId(event.id());
  if (!id.ok()) return id.status();
  GeneratedEventWriter writer(id->seed, devices, payload_bytes, "");
  const auto differs = [&](const char* part, std::string_view is,
                           std::string_view should) {
    return absl::DataLossError(
        absl::StrCat("event ", std::string(event.id()), ": ", part, " is \"",
                     std::string(is), "\", not \"", std::string(should), "\""));
  };
  const std::string subject =
      std::string(kSubjectPrefix) + std::to_string(id->index % devices);
  if (event.subject() != subject) {
    return differs("subject", event.subject(), subject);
  }
  if (event.type() != kType) return differs("type", event.type(), kType);
  if (event.datacontenttype() != kContentType) {
    return differs("datacontenttype", event.datacontenttype(), kContentType);
  }
  const std::string_view data = writer.Data(id->index);
  if (event.data() != data) return differs("data", event.data(), data);
  return absl::OkStatus();
}

}  // namespace sluice::generate
