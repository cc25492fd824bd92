/* Owns the end of the program: who asks for it, who waits for it, and sleeps that it cuts short. */
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <time.h>

#include <microhttpd.h>

#include "http.h"

#define NAP_MS 50L

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static bool asked;

void stop_ask(void)
{
	pthread_mutex_lock(&lock);
	asked = true;
	pthread_cond_broadcast(&changed);
	pthread_mutex_unlock(&lock);
}

bool stop_asked(void)
{
	bool result;

	pthread_mutex_lock(&lock);
	result = asked;
	pthread_mutex_unlock(&lock);
	return result;
}

void stop_wait(void)
{
	pthread_mutex_lock(&lock);
	while (!asked)
		pthread_cond_wait(&changed, &lock);
	pthread_mutex_unlock(&lock);
}

/* True when the time passed, false when the program stops. */
static bool nap(long milliseconds)
{
	struct timespec until;
	int error = 0;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += milliseconds / 1000;
	until.tv_nsec += milliseconds % 1000 * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&lock);
	while (!asked && error != ETIMEDOUT)
		error = pthread_cond_timedwait(&changed, &lock, &until);
	error = asked;
	pthread_mutex_unlock(&lock);
	return !error;
}

static bool client_gone(struct request *request)
{
	const union MHD_ConnectionInfo *info;
	char byte;

	if (!request)
		return false;
	info = MHD_get_connection_info(request->connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	return info && recv(info->connect_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
}

bool http_sleep(struct request *request, long milliseconds)
{
	long slice;

	for (; milliseconds > 0; milliseconds -= slice) {
		slice = milliseconds > 2 * NAP_MS ? NAP_MS : milliseconds;
		if (!nap(slice) || client_gone(request))
			return false;
	}
	return true;
}
