// Pages that show the emulated feeds.
#ifndef TOOLS_SANDBOX_FEED_FEED_PAGE_H_
#define TOOLS_SANDBOX_FEED_FEED_PAGE_H_

#include "pipeline/http/http_server.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {

// "/" and "/pages/": all feeds. "/pages/feed/user/1": the newest activities of
// user:1, or the latest groups of notification:1, 50 to a page, with who
// follows it and whom it follows; "?before=<id>" shows older ones. 404
// otherwise.
HttpResponse FeedPage(const FeedService& service,
                      const HttpServerRequest& request);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_PAGE_H_
