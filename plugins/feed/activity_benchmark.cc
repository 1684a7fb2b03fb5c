// How long it takes to make an activity of a typical temperature event, and how
// much of that is finding values in its payload.
#include <cstdint>
#include <string>

#include "benchmark/benchmark.h"
#include "pipeline/template/template.h"
#include "plugins/feed/activity.h"
#include "plugins/feed/config.pb.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_view.h"

namespace sluice::feed {
namespace {

// About 350 bytes of payload, labels and attributes, as Disruptive Technologies
// sends them.
std::string TypicalEvent() {
  event::v1::Event event;
  event.set_id("bjeho5nlafj3bdrehgsg");
  event.set_source(
      "//disruptive-technologies.com/projects/bhmh0143iktucae701vg");
  event.set_type("temperature");
  event.set_subject(
      "projects/bhmh0143iktucae701vg/devices/bchonod7rihjtvdmd2vg");
  event.set_time_unix_nanos(1'557'994'518'318'751'000);
  event.set_datacontenttype("application/json");
  event.set_data(
      R"({"temperature":{"value":24.9,"updateTime":"2019-05-16T08:15:18.318751Z",)"
      R"("samples":[{"value":24.9,"sampleTime":"2019-05-16T08:15:18.318751Z"}],)"
      R"("isBackfilled":false}})");
  event::v1::Label* label = event.add_labels();
  label->set_key("room-number");
  label->set_value("99");
  return event.SerializeAsString();
}

v1::FeedSinkConfig Config(int values_of_payload) {
  v1::FeedSinkConfig config;
  config.set_feed("room:{{ labels.room-number }}");
  config.add_to("building:1");
  const char* const fields[][2] = {
      {"temperature", "{{ data.temperature.value }}"},
      {"updated", "{{ data.temperature.updateTime }}"},
      {"backfilled", "{{ data.temperature.isBackfilled }}"},
  };
  for (int i = 0; i < values_of_payload; ++i) {
    (*config.mutable_extra())[fields[i][0]] = fields[i][1];
  }
  return config;
}

void BM_Activity(benchmark::State& state) {
  const std::string wire = TypicalEvent();
  auto writer =
      ActivityWriter::Create(Config(static_cast<int>(state.range(0))));
  TemplateInput input;
  std::string out;
  for (auto _ : state) {
    out.clear();
    uint64_t key = 0;
    std::string_view feed;
    input.Reset(*EventView::Parse(wire));
    benchmark::DoNotOptimize(writer->RenderFeed(input, &feed));
    benchmark::DoNotOptimize(writer->Append(input, &out, &key));
  }
  state.counters["event_bytes"] = static_cast<double>(wire.size());
  state.counters["activity_bytes"] = static_cast<double>(out.size());
}
// Values taken from the payload: none means that it is not parsed.
BENCHMARK(BM_Activity)->Arg(0)->Arg(1)->Arg(3);

// The part of it that parsing the payload and one look-up take.
void BM_OneValueOfThePayload(benchmark::State& state) {
  const std::string wire = TypicalEvent();
  const EventView event = *EventView::Parse(wire);
  const Template value = *Template::Parse("{{ data.temperature.value }}");
  TemplateInput input;
  std::string out;
  for (auto _ : state) {
    out.clear();
    input.Reset(event);
    benchmark::DoNotOptimize(value.RenderJson(input, &out));
  }
}
BENCHMARK(BM_OneValueOfThePayload);

}  // namespace
}  // namespace sluice::feed

BENCHMARK_MAIN();
