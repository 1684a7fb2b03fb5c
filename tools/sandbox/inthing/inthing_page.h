// Pages of the emulated inthing.io.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_
#define TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_

#include <string_view>

#include "pipeline/http/http_client.h"
#include "tools/sandbox/inthing/inthing_store.h"

namespace sluice::sandbox {

HttpResponse InthingIndexPage(const InthingStore& store);

// What the paths of the API say to a browser.
HttpResponse InthingApiPage();

// The newest 100 events, each in an element "event-{id}".
HttpResponse InthingStreamPage(const InthingStream& stream);

HttpResponse InthingEventPage(const InthingStream& stream,
                              const InthingEvent& event);

// REQUIRES: the event has an image.
HttpResponse InthingImage(const InthingEvent& event);

// The form that claims a stream, with what was wrong; empty: nothing so far.
HttpResponse InthingClaimPage(const InthingStream& stream,
                              std::string_view error);

// Shows the new password, once.
HttpResponse InthingClaimedPage(const InthingStream& stream);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_
