// Pages of the emulated inthing.io.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_
#define TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/http/http_client.h"
#include "tools/sandbox/inthing/inthing_store.h"

namespace sluice::sandbox {

HttpResponse InthingIndexPage(const InthingStore& store);

// What the path of JSON-RPC says to a browser.
HttpResponse InthingApiPage();

// A form that posts to `action`. `stream`: the one that is posted to; null: the
// form asks.
HttpResponse InthingFormPage(std::string_view action,
                             const InthingStream* stream);
// What a form without "format=json" is answered with.
HttpResponse InthingResultPage(std::string_view result);

// The newest 100 events, each in an element "event-{id}", and whatever comes
// while the page is open. `password`: shown above them; empty: none.
HttpResponse InthingStreamPage(const InthingStream& stream,
                               std::string_view password);

// One event as it stands on the pages: <article id="event-{id}" ...>.
std::string InthingEventHtml(const InthingStream& stream,
                             const InthingEvent& event);
HttpResponse InthingEventPage(const InthingStream& stream,
                              const InthingEvent& event);

// The streams of a user.
HttpResponse InthingUserPage(std::string_view user,
                             const std::vector<const InthingStream*>& streams);

// The newest 100 events with a tag.
HttpResponse InthingTagPage(std::string_view tag, const InthingStore& store);

// The image of an event; 404 when it has none, 410 when it was dropped.
HttpResponse InthingImage(const InthingEvent& event);

// The form that claims a stream, with what was wrong; empty: nothing so far.
HttpResponse InthingClaimPage(const InthingStream& stream,
                              std::string_view error);

HttpResponse InthingNotFoundPage();

// What the site showed when something broke.
HttpResponse InthingBrokenPage();

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_PAGE_H_
