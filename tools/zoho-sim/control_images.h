/* Owns /_sim/images. */
#ifndef ZOHO_SIM_CONTROL_IMAGES_H
#define ZOHO_SIM_CONTROL_IMAGES_H

#include "http.h"

/* {"images":[{"id","document_id","type","bytes","sha256"}]} of every living item that has one. */
void control_images(struct request *request);

#endif
