#pragma once

#include <stop_token>

#include "index/search/collection_model.h"
#include "index/search/passages.h"
#include "index/search/update_meter.h"
#include "index/store/store.h"

namespace riverbank {

/// Makes a collection one of another model, in one transaction: files are forgotten, to be read again from where they
/// stand; records, which stand nowhere else, are cut and encoded anew from their own passages. Stopped or failed, all
/// is as before. Throws Error: kCancelled, kIo, kCorrupt.
void start_anew(Store& store, CollectionModel& model, const PassageMaker& passages, std::stop_token stop,
                UpdateReport& report, UpdateMeter& meter);

}  // namespace riverbank
