#include "pipeline/abi/library/export.h"
#include "plugins/null/plugin.h"

SLUICE_PLUGIN_LIBRARY(sluice::null::RegisterNull)
