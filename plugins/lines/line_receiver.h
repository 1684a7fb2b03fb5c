// One connection that brings lines.
#ifndef PLUGINS_LINES_LINE_RECEIVER_H_
#define PLUGINS_LINES_LINE_RECEIVER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "pipeline/net/stream_server.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_splitter.h"
#include "plugins/lines/receipts.h"
#include "plugins/lines/stream_input.h"

namespace sluice::lines {

// Lives on the server's thread.
class LineReceiver final : public StreamReceiver,
                           public LineHandler,
                           public std::enable_shared_from_this<LineReceiver> {
 public:
  // `input` outlives this, `connection` until it is let go of.
  LineReceiver(StreamInput* input, StreamConnection* connection);
  ~LineReceiver() override;

  void OnBytes(std::string_view bytes, size_t readable_behind) override;
  void OnEnd(bool finished) override;
  void OnSent() override;

  // Reads on, unless there is a reason not to.
  void MaybeResume();

 private:
  void OnLine(std::string_view line, size_t readable_behind) override;
  void OnLongLine(std::string_view beginning, uint64_t bytes) override;
  void OnBlankLine() override { input_->batch_.OnBlankLine(); }

  // Hands over what has gathered.
  void HandOver();
  void OnAcknowledged(uint64_t number);
  void SendReceipt();
  // Once nothing is owed to a sender that has said its last.
  void MaybeClose();

  StreamInput* const input_;
  // Null: it is gone.
  StreamConnection* connection_;
  LineSplitter splitter_;
  Receipts receipts_;
  // The last number that was sent.
  uint64_t receipted_ = 0;
  // Emissions that are not in the queue yet.
  int waiting_ = 0;
  bool paused_ = false;
  bool finished_ = false;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINE_RECEIVER_H_
