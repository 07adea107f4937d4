/*
 * The way in: every request is routed, its caller and its role known, its key and its input read,
 * before a handler sees it as a call.
 */
#ifndef LINLI_DISPATCH_H
#define LINLI_DISPATCH_H

#include "api/app.h"
#include "http/server.h"

/* The handler for http_server_start; `context` is the struct app. Loop threads. */
http_handler dispatch_request;

#endif
