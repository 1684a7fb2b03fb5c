// How pages of the emulated inthing.io look.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_LOOK_H_
#define TOOLS_SANDBOX_INTHING_INTHING_LOOK_H_

#include <string_view>

#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

// A page around `body`, which is HTML. A `live` one has a list of events, an
// element "events" with data-live (where to listen), data-source and data-order
// (what to ask /api/private/ for when something is heard).
HttpResponse InthingPage(int status, std::string_view title,
                         std::string_view body, bool live = false);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_LOOK_H_
