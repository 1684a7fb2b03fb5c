#include "pipeline/plugin_process/program/serve.h"
#include "plugins/null/plugin.h"

SLUICE_PLUGIN_PROCESS(sluice::null::RegisterNull)
