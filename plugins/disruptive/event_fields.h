// An encoded event as fields again.
#ifndef PLUGINS_DISRUPTIVE_EVENT_FIELDS_H_
#define PLUGINS_DISRUPTIVE_EVENT_FIELDS_H_

#include <vector>

#include "storage/event/event_view.h"

namespace sluice::disruptive {

// Views into the bytes of `event`; its labels are put into `*labels`.
inline EventFields FieldsOf(const EventView& event,
                            std::vector<LabelView>* labels) {
  labels->clear();
  event.ForEachLabel([&](LabelView label) { labels->push_back(label); });
  EventFields fields;
  fields.id = event.id();
  fields.source = event.source();
  fields.type = event.type();
  fields.subject = event.subject();
  fields.datacontenttype = event.datacontenttype();
  fields.data = event.data();
  fields.time_unix_nanos = event.time_unix_nanos();
  fields.labels = *labels;
  return fields;
}

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_EVENT_FIELDS_H_
