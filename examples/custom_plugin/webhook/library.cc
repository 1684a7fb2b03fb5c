// The plugin as a shared object; linked in, this file is not needed.
#include "pipeline/abi/library/export.h"
#include "webhook/plugin.h"

SLUICE_PLUGIN_LIBRARY(webhook::RegisterWebhook)
