#include "model.h"

#define OPS                                                                                        \
	(MODEL_OPS | HD_CAN(HD_EXCLUSIVE) | HD_CAN(HD_SHARED) | HD_CAN(HD_READ) |                  \
	 HD_CAN(HD_WRITE) | HD_CAN(HD_ACCEPT) | HD_CAN(HD_PUT) | HD_CAN(HD_GET) | HD_CAN(HD_SET) | \
	 HD_CAN(HD_CLEAR) | HD_CAN(HD_WAIT))
#define SUMMARY "goroutines; sync.RWMutex around sections, channels for messages and events"
