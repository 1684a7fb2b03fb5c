#include "tools/sandbox/pages.h"

#include <openssl/sha.h>

#include <algorithm>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr char kStyle[] = R"(
:root{color-scheme:light dark;--line:#8884;--soft:#8882;--accent:#0a7d6b}
body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:52rem;padding:1rem}
header{display:flex;justify-content:space-between;align-items:baseline;gap:1rem;
border-bottom:2px solid var(--accent);margin-bottom:1rem}
h1{font-size:1.4rem;margin:.2rem 0}
h2{font-size:1.1rem;margin:.2rem 0}
a{color:var(--accent)}
article{border:1px solid var(--line);border-radius:.5rem;padding:.6rem 1rem;margin:.6rem 0}
.meta,.state{color:#888;font-size:.85rem}
.state.gone{color:#c33}
.badge{background:var(--soft);border-radius:1rem;padding:.1rem .6rem;font-size:.8rem}
.badge.high{background:#c33;color:#fff}
table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .6rem;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
td.number,th.number{text-align:right}
pre{background:var(--soft);padding:.6rem;border-radius:.3rem;overflow:auto;margin:.4rem 0}
code{font-family:ui-monospace,monospace;font-size:.9em;overflow-wrap:anywhere}
img{max-width:100%}
button,.button{background:var(--accent);color:#fff;border:0;border-radius:.3rem;
padding:.4rem .8rem;font:inherit;text-decoration:none;display:inline-block}
)";

constexpr char kScript[] = R"(
const state=document.querySelector('.state');
let shown='';
async function look(){
  try{
    const answer=await fetch(location.href,{cache:'no-store'});
    const text=await answer.text();
    if(text!==shown){
      const page=new DOMParser().parseFromString(text,'text/html');
      const main=page.querySelector('main');
      if(main)document.querySelector('main').replaceWith(main);
      shown=text;
    }
    state.textContent='live';state.className='state';
  }catch(e){state.textContent='not reachable';state.className='state gone';}
  setTimeout(look,1000);
}
setTimeout(look,1000);
)";

std::string Sha256Source(std::string_view text) {
  unsigned char digest[SHA256_DIGEST_LENGTH];
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(),
         digest);
  return absl::StrCat("'sha256-",
                      absl::Base64Escape(absl::string_view(
                          reinterpret_cast<char*>(digest), sizeof(digest))),
                      "'");
}

std::string Policy(std::string_view style, std::string_view script) {
  return absl::StrCat(
      "default-src 'none'; style-src ", Sha256Source(style), "; script-src ",
      script.empty() ? "'none'" : Sha256Source(script),
      "; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri "
      "'none'; frame-ancestors 'none'");
}

// Where inline `mark` ends in text[from..]; npos: nowhere on this line.
size_t EndOf(std::string_view text, std::string_view mark, size_t from) {
  const size_t end = text.find(mark, from);
  return end == from ? std::string_view::npos : end;
}

std::string InlineHtml(std::string_view text);

// Links longer than this are text, so that a line of brackets is read in linear
// time.
constexpr size_t kMaxLink = 4096;

// Renders what stands at the start of `text` if it is a link; returns its
// length, 0: it is none.
size_t AppendLink(std::string_view text, std::string& out) {
  text = text.substr(0, kMaxLink);
  const size_t middle = text.find("](");
  const size_t end =
      middle == std::string_view::npos ? middle : text.find(')', middle);
  if (end == std::string_view::npos) return 0;
  const std::string_view label = text.substr(1, middle - 1);
  const std::string_view url = text.substr(middle + 2, end - middle - 2);
  const bool known = url.starts_with("http://") || url.starts_with("https://");
  if (!known || label.find('[') != std::string_view::npos ||
      url.find_first_of(" \"<>") != std::string_view::npos) {
    return 0;
  }
  absl::StrAppend(&out, "<a rel=\"noopener noreferrer nofollow\" href=\"",
                  HtmlEscape(url), "\">", HtmlEscape(label), "</a>");
  return end + 1;
}

// The same for text between two marks.
size_t AppendMarked(std::string_view text, std::string& out) {
  struct Mark {
    std::string_view mark;
    const char* tag;
  };
  constexpr Mark kMarks[] = {
      {"`", "code"}, {"**", "strong"}, {"__", "strong"}, {"*", "em"}};
  for (const auto& [mark, tag] : kMarks) {
    if (!text.starts_with(mark)) continue;
    const size_t end = EndOf(text, mark, mark.size());
    if (end == std::string_view::npos) return 0;
    const std::string_view inner = text.substr(mark.size(), end - mark.size());
    absl::StrAppend(&out, "<", tag, ">",
                    mark == "`" ? HtmlEscape(inner) : InlineHtml(inner), "</",
                    tag, ">");
    return end + mark.size();
  }
  return 0;
}

std::string InlineHtml(std::string_view text) {
  constexpr std::string_view kEscapable = "\\`*_{}[]()#+-.!<>|~";
  std::string out;
  size_t at = 0;
  while (at < text.size()) {
    const std::string_view rest = text.substr(at);
    size_t used = 0;
    if (rest[0] == '\\' && rest.size() > 1 &&
        kEscapable.find(rest[1]) != std::string_view::npos) {
      out += HtmlEscape(rest.substr(1, 1));
      used = 2;
    } else if (rest[0] == '[') {
      used = AppendLink(rest, out);
    } else {
      used = AppendMarked(rest, out);
    }
    if (used == 0) {
      out += HtmlEscape(rest.substr(0, 1));
      used = 1;
    }
    at += used;
  }
  return out;
}

// Turns lines into blocks.
class MarkdownBlocks {
 public:
  void Add(std::string_view line) {
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (AddFenced(line)) return;
    const size_t text = line.find_first_not_of(" \t");
    if (text == std::string_view::npos) return Open("");
    line.remove_prefix(text);
    if (Heading(line)) return;
    if (line.starts_with("- ") || line.starts_with("* ")) {
      Open("ul");
      return Item(line.substr(2));
    }
    if (const size_t digits = line.find_first_not_of("0123456789");
        digits > 0 && digits < 10 && line.substr(digits).starts_with(". ")) {
      Open("ol");
      return Item(line.substr(digits + 2));
    }
    if (line.starts_with("> ")) {
      Open("blockquote");
      absl::StrAppend(&out_, InlineHtml(line.substr(2)), "<br>");
      return;
    }
    const bool goes_on = open_ == "p";
    Open("p");
    absl::StrAppend(&out_, goes_on ? "\n" : "", InlineHtml(line));
  }

  std::string Finish() {
    if (fence_ > 0) EndFence();
    Open("");
    return std::move(out_);
  }

 private:
  // Makes `tag` the open block; empty: none.
  void Open(std::string_view tag) {
    if (open_ == tag) return;
    if (!open_.empty()) absl::StrAppend(&out_, "</", ToAbsl(open_), ">\n");
    if (!tag.empty()) absl::StrAppend(&out_, "<", ToAbsl(tag), ">");
    open_ = tag;
  }
  void Item(std::string_view text) {
    absl::StrAppend(&out_, "<li>", InlineHtml(text), "</li>");
  }
  // True: the line is part of fenced code, or begins or ends it
  // (https://spec.commonmark.org/0.30/#fenced-code-blocks).
  bool AddFenced(std::string_view line) {
    const size_t ticks = std::min(line.find_first_not_of('`'), line.size());
    if (fence_ == 0) {
      const bool begins =
          ticks >= 3 && line.find('`', ticks) == std::string_view::npos;
      if (!begins) return false;
      Open("");
      fence_ = ticks;
      out_ += "<pre><code>";
    } else if (ticks >= fence_ &&
               line.find_first_not_of(" \t", ticks) == std::string_view::npos) {
      EndFence();
    } else {
      absl::StrAppend(&out_, HtmlEscape(line), "\n");
    }
    return true;
  }
  void EndFence() {
    fence_ = 0;
    out_ += "</code></pre>\n";
  }
  bool Heading(std::string_view line) {
    const size_t level = line.find_first_not_of('#');
    if (level == 0 || level > 5 || level == std::string_view::npos ||
        line[level] != ' ') {
      return false;
    }
    Open("");
    absl::StrAppend(&out_, "<h", level, ">", InlineHtml(line.substr(level + 1)),
                    "</h", level, ">\n");
    return true;
  }

  std::string out_;
  std::string_view open_;
  size_t fence_ = 0;  // of so many backticks; 0: not in fenced code
};

}  // namespace

std::string HtmlEscape(std::string_view text) {
  return absl::StrReplaceAll(ToAbsl(text), {{"&", "&amp;"},
                                            {"<", "&lt;"},
                                            {">", "&gt;"},
                                            {"\"", "&quot;"},
                                            {"'", "&#39;"}});
}

HttpResponse HtmlDocument(int status, const HtmlParts& parts) {
  const std::string style = absl::StrCat(kStyle, ToAbsl(parts.style));
  HttpResponse response{.status = status};
  response.headers = {{"Content-Type", "text/html; charset=utf-8"},
                      {"Content-Security-Policy", Policy(style, parts.script)},
                      {"X-Content-Type-Options", "nosniff"},
                      {"Referrer-Policy", "no-referrer"},
                      {"Cache-Control", "no-store"}};
  const std::string title = HtmlEscape(parts.title);
  response.body = absl::StrCat(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta name=\"viewport\" content=\"width=device-width\"><title>",
      title, "</title><style>", style, "</style></head><body><header><h1>",
      title, "</h1>", ToAbsl(parts.aside), "</header><main>",
      ToAbsl(parts.body), "</main>");
  if (!parts.script.empty()) {
    absl::StrAppend(&response.body, "<script>", ToAbsl(parts.script),
                    "</script>");
  }
  response.body += "</body></html>\n";
  return response;
}

HttpResponse HtmlPage(int status, std::string_view title, std::string_view body,
                      bool live) {
  return HtmlDocument(
      status,
      {.title = title,
       .body = body,
       .aside = live ? "<span class=\"state\">live</span>" : "",
       .script = live ? std::string_view(kScript) : std::string_view()});
}

std::string MarkdownToHtml(std::string_view text) {
  MarkdownBlocks blocks;
  while (true) {
    const size_t end = text.find('\n');
    blocks.Add(text.substr(0, end));
    if (end == std::string_view::npos) return blocks.Finish();
    text.remove_prefix(end + 1);
  }
}

std::string TextToHtml(std::string_view text) {
  return absl::StrCat(
      "<p>", absl::StrReplaceAll(HtmlEscape(text), {{"\n", "<br>"}}), "</p>");
}

}  // namespace sluice::sandbox
