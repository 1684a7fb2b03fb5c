// Pictures of the screen.
#ifndef PLUGINS_INTHING_SCREENSHOT_H_
#define PLUGINS_INTHING_SCREENSHOT_H_

#include <cstddef>

#include "absl/status/statusor.h"
#include "plugins/inthing/image.h"

namespace sluice::inthing {

// Takes a picture of the display that the environment names (WAYLAND_DISPLAY,
// else DISPLAY) with the first of these programs that is there: grim or
// gnome-screenshot on Wayland; import (ImageMagick), scrot, maim or
// gnome-screenshot on X. Blocks until it is done.
//   kFailedPrecondition (v1::Error::IO): there is no display, none of the
//   programs, or none succeeds; the message says which.
//   as ReadImage(): the picture is over `max_bytes`.
absl::StatusOr<Image> TakeScreenshot(size_t max_bytes = kDefaultMaxImageBytes);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_SCREENSHOT_H_
