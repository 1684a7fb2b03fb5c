// The plugin as a program of its own; linked in or loaded, this file is not
// needed.
#include "pipeline/plugin_process/program/serve.h"
#include "webhook/plugin.h"

SLUICE_PLUGIN_PROCESS(webhook::RegisterWebhook)
