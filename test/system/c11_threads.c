/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * Part of the program where it is built with ThreadSanitizer, which follows the threads that
 * pthread_create() makes. librdkafka makes its own by thrd_create(), and glibc's does not come
 * by there: the sanitizer ends the process when such a thread first allocates.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <threads.h>

struct beginning {
	thrd_start_t run;
	void *context;
};

static void *begin(void *argument)
{
	struct beginning beginning = *(struct beginning *)argument;
	free(argument);
	return (void *)(intptr_t)beginning.run(beginning.context);
}

int thrd_create(thrd_t *thread, thrd_start_t run, void *context)
{
	struct beginning *beginning = malloc(sizeof(*beginning));
	if (beginning == NULL) {
		return thrd_nomem;
	}
	*beginning = (struct beginning){ run, context };
	if (pthread_create(thread, NULL, begin, beginning) != 0) {
		free(beginning);
		return thrd_error;
	}
	return thrd_success;
}

int thrd_join(thrd_t thread, int *result)
{
	void *value;
	if (pthread_join(thread, &value) != 0) {
		return thrd_error;
	}
	if (result != NULL) {
		*result = (int)(intptr_t)value;
	}
	return thrd_success;
}
