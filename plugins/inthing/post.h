// An event of a stream, as it is posted.
#ifndef PLUGINS_INTHING_POST_H_
#define PLUGINS_INTHING_POST_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"

namespace sluice::inthing {

struct Image {
  // ASCII, with an extension that fits the content (image.h makes it so).
  std::string file_name;
  // E.g. "image/png".
  std::string media_type;
  std::string bytes;
};

// One event of a stream. Empty text is not sent, but for `title`, which the
// service needs.
struct Post {
  std::string title;
  // text, code, image or screenshot.
  std::string type = "text";
  // -2 (verbose) to 2 (urgent).
  int priority = 0;
  // How `description` is shown: markdown, text, html or bbcode.
  std::string markup = "markdown";
  // The body of all but code events.
  std::string description;
  // The code of a code event.
  std::string text;
  // Who made the event; empty: "inthing api".
  std::string generator;
  // "", python, ruby, c, cpp, javascript, html or xml.
  std::string code_language;
  // Nullopt: when the service got it.
  std::optional<int64_t> time_unix_seconds;
  // Shown with image and screenshot events only.
  std::optional<Image> image;
};

// The posts of the official client's methods, with its titles
// (willmcgugan/inthing at 6364ceaa, inthing/stream.py). What else the caller
// wants to say is set afterwards.
Post TextPost(std::string text);                             // "Text"
Post CodePost(std::string code, std::string language = "");  // "Code"
Post ImagePost(Image image);                                 // "New Photo"
Post ScreenshotPost(Image image);                            // "New Screenshot"
Post CapturePost(std::string output);  // "Captured output"

//   kInvalidArgument: the service would refuse or garble it: no title, a field
//   over its length (text_limits.h) or not UTF-8, a type, markup, language or
//   priority it does not know, a type image or screenshot without an image. The
//   message begins with the field's name.
absl::Status ValidatePost(const Post& post);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_POST_H_
