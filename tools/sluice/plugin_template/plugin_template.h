// The files of a new plugin's workspace, with gaps.
#ifndef TOOLS_SLUICE_PLUGIN_TEMPLATE_PLUGIN_TEMPLATE_H_
#define TOOLS_SLUICE_PLUGIN_TEMPLATE_PLUGIN_TEMPLATE_H_

#include <cstddef>
#include <string_view>

namespace sluice {

struct TemplateFile {
  // In the folder of templates: "sink/plugin.cc.in". Below "common" is what
  // every kind has in C++, below "sink", "source" and "transform" the rest;
  // below "python" what every kind has in Python, below "python_sink" and
  // "python_source" the rest.
  std::string_view path;
  std::string_view text;
};

// Generated from the files of this folder.
extern const TemplateFile kTemplateFiles[];
extern const size_t kTemplateFileCount;

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGIN_TEMPLATE_PLUGIN_TEMPLATE_H_
