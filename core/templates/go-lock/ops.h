#include "model.h"

#define OPS (MODEL_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED))
#define SUMMARY "goroutines; a sync.Mutex around each section"
