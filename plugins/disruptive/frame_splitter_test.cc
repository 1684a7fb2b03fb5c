#include "plugins/disruptive/frame_splitter.h"

#include <random>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class Collector : public FrameHandler {
 public:
  void OnFrame(std::string_view frame) override { frames.emplace_back(frame); }
  void OnOversizedFrame(std::string_view beginning) override {
    frames.push_back("oversized:" + std::string(beginning));
  }
  std::vector<std::string> frames;
};

std::vector<std::string> Split(Framing framing, std::string_view bytes,
                               size_t piece_size, size_t limit = 1000) {
  Collector collector;
  FrameSplitter splitter(framing, limit, &collector);
  for (size_t at = 0; at < bytes.size(); at += piece_size) {
    splitter.Feed(bytes.substr(at, piece_size));
  }
  return collector.frames;
}

TEST(FrameSplitterTest, GivesOneFramePerLineWhateverThePieces) {
  const std::string_view bytes =
      "{\"a\":1}\n\n{\"b\":2}\r\n \n{\"c\":3}\n{\"cut";
  for (size_t size = 1; size <= bytes.size(); ++size) {
    EXPECT_THAT(Split(Framing::kJsonLines, bytes, size),
                ElementsAre("{\"a\":1}", "{\"b\":2}", "{\"c\":3}"))
        << size;
  }
}

TEST(FrameSplitterTest, SplitsJsonLinesOnLineFeedOnly) {
  EXPECT_THAT(Split(Framing::kJsonLines, "a\x0b\xe2\x80\xa8\rb\n", 3),
              ElementsAre("a\x0b\xe2\x80\xa8\rb"));
}

TEST(FrameSplitterTest, ReportsALineOverTheLimitAndGoesOn) {
  for (size_t size = 1; size <= 12; ++size) {
    EXPECT_THAT(Split(Framing::kJsonLines, "123456789\n1234\n12345\n", size, 4),
                ElementsAre("oversized:1234", "1234", "oversized:1234"))
        << size;
  }
}

TEST(FrameSplitterTest, GivesTheDataOfServerSentEvents) {
  const std::string_view bytes =
      "\xEF\xBB\xBF: hello\r\n"
      "event: message\r\n"
      "id: 7\r\n"
      "data: {\"a\":1}\r\n"
      "\r\n"
      "data:{\"b\":\n"
      "data: 2}\n"
      ": comment between\n"
      "\n"
      "retry: 10\n"
      "\n"
      "data: {\"c\":3}\r\r"
      "data\n\n"
      "data: cut";
  for (size_t size = 1; size <= bytes.size(); ++size) {
    EXPECT_THAT(Split(Framing::kServerSentEvents, bytes, size),
                ElementsAre("{\"a\":1}", "{\"b\":\n2}", "{\"c\":3}"))
        << size;
  }
}

TEST(FrameSplitterTest, BoundsTheDataOfAServerSentEvent) {
  for (size_t size = 1; size <= 12; ++size) {
    EXPECT_THAT(Split(Framing::kServerSentEvents,
                      "data: 12345\ndata: 6789\n\ndata: ok\n\n", size, 12),
                ElementsAre("12345\n6789", "ok"))
        << size;
    EXPECT_THAT(Split(Framing::kServerSentEvents,
                      "data: 1234567890\n\ndata: ok\n\n", size, 12),
                ElementsAre("oversized:123456", "ok"))
        << size;
  }
}

// The line feeds between them count, too.
TEST(FrameSplitterTest, BoundsManyEmptyDataLines) {
  Collector handler;
  FrameSplitter splitter(Framing::kServerSentEvents, 12, &handler);
  for (int i = 0; i < 100; ++i) splitter.Feed("data:\n");
  splitter.Feed("\n");
  splitter.Feed("data: 12345\ndata: 67890\ndata:\ndata:\n\n");
  splitter.Feed("data: ok\n\n");
  EXPECT_THAT(handler.frames, ElementsAre("oversized:" + std::string(12, '\n'),
                                          "oversized:12345\n67890\n", "ok"));
}

TEST(FrameSplitterTest, HandsOutNothingAfterStop) {
  struct Stopper : Collector {
    FrameSplitter* splitter = nullptr;
    void OnFrame(std::string_view frame) override {
      Collector::OnFrame(frame);
      splitter->Stop();
    }
  } stopper;
  FrameSplitter splitter(Framing::kJsonLines, 100, &stopper);
  stopper.splitter = &splitter;
  splitter.Feed("a\nb\n");
  EXPECT_THAT(stopper.frames, ElementsAre("a"));
}

TEST(FrameSplitterTest, KnowsWhenItIsInsideAFrame) {
  Collector collector;
  FrameSplitter splitter(Framing::kJsonLines, 100, &collector);
  EXPECT_FALSE(splitter.mid_frame());
  splitter.Feed("{");
  EXPECT_TRUE(splitter.mid_frame());
  splitter.Feed("}\n");
  EXPECT_FALSE(splitter.mid_frame());
}

TEST(FrameSplitterTest, SurvivesRandomBytesInRandomPieces) {
  std::mt19937 random(20240501);
  const std::string_view alphabet = "data: \r\n:{}x\xef\xbb\xbf";
  for (int round = 0; round < 2000; ++round) {
    Collector whole;
    Collector pieces;
    const Framing framing =
        round % 2 == 0 ? Framing::kJsonLines : Framing::kServerSentEvents;
    FrameSplitter one(framing, 8, &whole);
    FrameSplitter two(framing, 8, &pieces);
    std::string bytes;
    for (int i = 0; i < 60; ++i) bytes += alphabet[random() % alphabet.size()];
    one.Feed(bytes);
    for (std::string_view rest = bytes; !rest.empty();) {
      const size_t n = 1 + random() % rest.size();
      two.Feed(rest.substr(0, n));
      rest.remove_prefix(n);
    }
    ASSERT_EQ(whole.frames, pieces.frames);
  }
  EXPECT_THAT(Split(Framing::kJsonLines, "", 1), IsEmpty());
}

}  // namespace
}  // namespace sluice::disruptive
