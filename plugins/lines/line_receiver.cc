#include "plugins/lines/line_receiver.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice::lines {
namespace {

// Emissions of one connection that may wait for room in the queue: one is
// decoded while another is stored.
constexpr int kMostWaiting = 2;
// A chunk whose lines become more than this is handed over in several pieces.
constexpr size_t kEmissionBytes = 1 << 20;

}  // namespace

LineReceiver::LineReceiver(StreamInput* input, StreamConnection* connection)
    : input_(input),
      connection_(connection),
      splitter_(input->parts_.format.max_line_bytes) {
  input_->connections_->Add(1);
}

LineReceiver::~LineReceiver() { input_->connections_->Add(-1); }

void LineReceiver::OnBytes(std::string_view bytes, size_t readable_behind) {
  input_->parts_.counters.bytes->Add(bytes.size());
  input_->batch_.Expect(bytes.size());
  splitter_.Feed(bytes, readable_behind, this);
  HandOver();
  if (connection_ == nullptr) return;
  if (waiting_ < kMostWaiting && !input_->too_much_waits()) return;
  paused_ = true;
  connection_->Pause();
  if (waiting_ < kMostWaiting) input_->ResumeLater(weak_from_this());
}

void LineReceiver::OnEnd(bool finished) {
  splitter_.End(this);
  HandOver();
  finished_ = true;
  if (!finished) connection_ = nullptr;
  MaybeClose();
}

void LineReceiver::OnLine(std::string_view line, size_t readable_behind) {
  LineBatch& batch = input_->batch_;
  batch.OnLine(line, readable_behind);
  if (batch.bytes() >= kEmissionBytes) HandOver();
}

void LineReceiver::OnLongLine(std::string_view beginning, uint64_t bytes) {
  LineBatch& batch = input_->batch_;
  batch.OnLongLine(beginning, bytes);
  if (batch.bytes() >= kEmissionBytes) HandOver();
}

void LineReceiver::HandOver() {
  LineBatch& batch = input_->batch_;
  const uint64_t lines = batch.lines();
  if (lines == 0) return;
  const bool with_receipts = input_->settings_.receipts;
  const size_t bytes = batch.bytes();
  const bool nothing_in_it = batch.empty();
  Emission emission = batch.Take();
  if (nothing_in_it) {
    if (with_receipts) receipts_.AddSafe(lines);
    return SendReceipt();
  }
  const std::weak_ptr<StreamInput> weak_input = input_->weak_from_this();
  const std::weak_ptr<LineReceiver> weak = weak_from_this();
  if (with_receipts) {
    emission.on_acknowledged =
        [weak_input, weak,
         number = receipts_.Add(lines)](const absl::Status& status) {
          const auto input = weak_input.lock();
          if (input == nullptr || !status.ok()) return;
          input->PostToServer([weak, number] {
            if (const auto self = weak.lock()) self->OnAcknowledged(number);
          });
        };
  }
  ++waiting_;
  input_->AddWaiting(bytes);
  input_->relay_->Hand(std::move(emission), [input = input_, weak, bytes] {
    // The relay calls nobody once the input has stopped.
    input->PostToServer([input, weak, bytes] {
      const auto self = weak.lock();
      if (self != nullptr) --self->waiting_;
      input->RemoveWaiting(bytes);
      if (self != nullptr) self->MaybeResume();
    });
  });
}

void LineReceiver::MaybeResume() {
  if (!paused_ || connection_ == nullptr || waiting_ >= kMostWaiting) return;
  if (input_->too_much_waits()) return input_->ResumeLater(weak_from_this());
  paused_ = false;
  connection_->Resume();
}

void LineReceiver::OnSent() {
  SendReceipt();
  MaybeClose();
}

void LineReceiver::OnAcknowledged(uint64_t number) {
  receipts_.Acknowledge(number);
  SendReceipt();
  MaybeClose();
}

void LineReceiver::SendReceipt() {
  // One at a time: what becomes safe meanwhile is in the next.
  if (connection_ == nullptr || receipts_.safe() == receipted_ ||
      connection_->unsent_bytes() > 0) {
    return;
  }
  receipted_ = receipts_.safe();
  connection_->Send(absl::StrCat(receipted_, "\n"));
}

void LineReceiver::MaybeClose() {
  if (!finished_ || connection_ == nullptr) return;
  if (!receipts_.all_safe()) return;
  if (receipts_.safe() > receipted_) return;  // OnSent() brings us back here.
  std::exchange(connection_, nullptr)->Close();
}

}  // namespace sluice::lines
