// From the bytes of a stream to its frames. Knows nothing of HTTP.
#ifndef PLUGINS_DISRUPTIVE_FRAME_SPLITTER_H_
#define PLUGINS_DISRUPTIVE_FRAME_SPLITTER_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::disruptive {

enum class Framing {
  // One frame per line.
  kJsonLines,
  // Server-sent events
  // (https://html.spec.whatwg.org/multipage/server-sent-events.html): a frame
  // is the data of one event; comments, other fields and a byte order mark are
  // skipped.
  kServerSentEvents,
};

// Receives frames. May call Stop() on the splitter.
class FrameHandler {
 public:
  virtual ~FrameHandler() = default;
  // One frame, never empty, without its line end; borrowed for the call.
  virtual void OnFrame(std::string_view frame) = 0;
  // A frame was longer than the limit; `beginning` is its first bytes, up to
  // the limit. The rest of it is skipped.
  virtual void OnOversizedFrame(std::string_view beginning) = 0;
};

// Splits a stream that arrives in pieces; a piece may end anywhere, also
// between CR and LF. Lines end with LF or CR LF (and, in server-sent events,
// with CR alone). A frame without its line end at the end of the stream is
// dropped: it was cut off, and history brings the event.
class FrameSplitter {
 public:
  FrameSplitter(Framing framing, size_t max_frame_bytes, FrameHandler* handler)
      : framing_(framing), max_bytes_(max_frame_bytes), handler_(handler) {}

  void Feed(std::string_view piece);
  // Hands out nothing more.
  void Stop() { stopped_ = true; }
  // True when bytes of an unfinished frame are held.
  bool mid_frame() const { return !line_.empty() || has_data_; }

 private:
  void FeedLines(std::string_view piece);
  void FeedServerSentEvents(std::string_view piece);
  // Adds a part of a line, up to the limit.
  void Grow(std::string_view part);
  void EndJsonLine(std::string_view tail);
  // Adds a part of a server-sent event's data, up to the limit.
  void GrowData(std::string_view part);
  void EndSseLine();
  void DispatchSse();

  Framing framing_;
  size_t max_bytes_;
  FrameHandler* handler_;
  bool stopped_ = false;
  // The line under way.
  std::string line_;
  // It is over the limit.
  bool overflow_ = false;
  // Server-sent events: data lines so far, joined with LF.
  std::string data_;
  bool has_data_ = false;
  bool data_overflow_ = false;
  bool after_cr_ = false;
  bool first_line_ = true;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_FRAME_SPLITTER_H_
