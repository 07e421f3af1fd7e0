/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * A load client: N connections, one request in flight on each (on a WebSocket as many as -m says),
 * a fixed number of requests or of seconds. Every answer is read whole and its status counted; a
 * connection that breaks is counted and opened again. With -i each connection does one request and
 * then stays idle until standard input ends; an idle WebSocket answers pings. With -u they go to a
 * Unix socket, and ADDRESS and PORT are only what Host says. Prints one JSON object at the end;
 * with -i also "idle" once all are idle.
 *
 * It is lean on purpose (one recv and one send a request, no allocation), because it shares the
 * processors with what it measures.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <netinet/tcp.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define HEAD_MAX (8 * 1024)
#define FRAME_MAX (8 * 1024)
#define STATUS_MAX 600
#define LATENCY_STEPS 40960
/* With -i so many connections at a time do their request: calls in flight cost memory, too. */
#define IDLE_WINDOW 16

enum connection_state { OPENING, UPGRADING, WAITING, IDLE };

/* A request in flight. */
struct slot {
	double sent_at;
	uint32_t id; /* JSON-RPC; the rest of a division by load->streams is the slot's number */
};

struct connection {
	int fd;
	enum connection_state state;
	struct slot *slots;
	unsigned waiting; /* slots */
	size_t len;
	char *answer;
	char *out; /* frames that go in one send */
	size_t out_len;
};

struct load {
	/* what was asked for */
	const char *path;
	const char *host;
	const char *from;      /* address of this side; NULL: any */
	const char *unix_path; /* of a socket to connect to instead; NULL: none */
	unsigned short port;
	unsigned connections, streams;
	unsigned long requests; /* 0: until `seconds` are over */
	double seconds;
	size_t body_size;
	size_t answer_max; /* an answer is as large as the request */
	bool browser, websocket, idle;

	/* how far it is */
	int epoll;
	struct connection *all;
	char *request;
	size_t request_len;
	char *body;
	unsigned long opened, sent, answered, broken, idle_now;
	unsigned long status[STATUS_MAX];
	double began, longest;
	unsigned long latency[LATENCY_STEPS]; /* by 10 us, the last one is "longer" */
};

/* What a browser of today sends beside the request line, Host and Content-*: 480 bytes. */
static const char browser_headers[] =
	"Connection: keep-alive\r\n"
	"sec-ch-ua: \"Chromium\";v=\"130\", \"Google Chrome\";v=\"130\", "
	"\"Not?A_Brand\";v=\"99\"\r\n"
	"sec-ch-ua-platform: \"Linux\"\r\n"
	"sec-ch-ua-mobile: ?0\r\n"
	"User-Agent: Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) "
	"Chrome/130.0.0.0 Safari/537.36\r\n"
	"Accept: */*\r\n"
	"Sec-Fetch-Site: same-origin\r\n"
	"Sec-Fetch-Mode: cors\r\n"
	"Sec-Fetch-Dest: empty\r\n"
	"Referer: http://127.0.0.1:8080/shop/checkout.htm\r\n"
	"Accept-Encoding: gzip, deflate, br, zstd\r\n"
	"Accept-Language: en-GB,en;q=0.9\r\n";
_Static_assert(sizeof(browser_headers) - 1 == 480, "the set is what its name says");

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void make_request(struct load *load)
{
	char head[2048];

	load->answer_max = load->streams * load->body_size + HEAD_MAX;
	load->body = malloc(load->body_size + 1);
	memset(load->body, 'x', load->body_size);
	if (load->body_size >= 8) {
		memcpy(load->body, "{\"x\": \"", 7);
		memcpy(load->body + load->body_size - 2, "\"}", 2);
	}
	int len = snprintf(head, sizeof(head),
		"POST %s HTTP/1.1\r\nHost: %s:%u\r\n%sContent-Type: application/json\r\n"
		"Content-Length: %zu\r\n\r\n",
		load->path, load->host, (unsigned)load->port, load->browser ? browser_headers : "",
		load->body_size);
	load->request_len = (size_t)len + load->body_size;
	load->request = malloc(load->request_len);
	memcpy(load->request, head, (size_t)len);
	memcpy(load->request + len, load->body, load->body_size);
}

static void send_all(struct connection *connection, const void *bytes, size_t len)
{
	ssize_t sent = send(connection->fd, bytes, len, MSG_NOSIGNAL);

	if (sent >= 0 && (size_t)sent != len) {
		fprintf(stderr, "a request did not fit into the socket\n");
		exit(1);
	}
	/* A failed send is seen again when reading. */
}

static void flush(struct connection *connection)
{
	if (connection->out_len > 0) {
		send_all(connection, connection->out, connection->out_len);
		connection->out_len = 0;
	}
}

static void write_frame(struct load *load, struct connection *connection, unsigned slot)
{
	char frame[FRAME_MAX];
	static const char mask[4] = { 1, 2, 3, 4 };
	uint32_t id = (uint32_t)load->sent * load->streams + slot;

	connection->slots[slot].id = id;
	int len = snprintf(frame + 8, sizeof(frame) - 8,
		"{\"jsonrpc\":\"2.0\",\"id\":%u,\"method\":\"bench\",\"params\":%.*s}", id,
		(int)load->body_size, load->body);
	if (len < 0 || len >= (int)sizeof(frame) - 8) {
		fprintf(stderr, "the body is too large for a frame\n");
		exit(1);
	}
	char *start = len < 126 ? frame + 2 : frame;
	start[0] = (char)0x81;
	start[1] = (char)(0x80 | (len < 126 ? len : 126));
	if (len >= 126) {
		start[2] = (char)(len >> 8);
		start[3] = (char)len;
	}
	memcpy(frame + 4, mask, 4);
	for (int i = 0; i < len; i++) {
		frame[8 + i] ^= mask[i & 3];
	}
	size_t size = (size_t)(frame + 8 + len - start);
	memcpy(connection->out + connection->out_len, start, size);
	connection->out_len += size;
}

static void send_pong(struct connection *connection, const unsigned char *payload, size_t len)
{
	char frame[6 + 125] = { (char)0x8a, (char)(0x80 | len) }; /* the mask is all zeros */

	memcpy(frame + 6, payload, len);
	send_all(connection, frame, 6 + len);
}

static void send_handshake(struct load *load, struct connection *connection)
{
	char head[1024];
	int len = snprintf(head, sizeof(head),
		"GET %s HTTP/1.1\r\nHost: %s:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
		"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n",
		load->path, load->host, (unsigned)load->port);

	connection->state = UPGRADING;
	send_all(connection, head, (size_t)len);
}

static bool wants_more(const struct load *load)
{
	return load->requests > 0 ? load->sent < load->requests
				  : now() - load->began < load->seconds;
}

static void send_request(struct load *load, struct connection *connection, unsigned slot)
{
	connection->state = WAITING;
	connection->waiting++;
	connection->slots[slot].sent_at = now();
	if (load->websocket) {
		write_frame(load, connection, slot);
	} else {
		send_all(connection, load->request, load->request_len);
	}
	load->sent++;
}

static void go_on(struct load *load, struct connection *connection, unsigned slot)
{
	bool first = connection->state == UPGRADING || connection->state == OPENING;

	if (load->idle ? first : wants_more(load)) {
		send_request(load, connection, slot);
	} else if (connection->waiting == 0) {
		connection->state = IDLE;
		load->idle_now++;
	}
}

/* The connection is open. */
static void begin(struct load *load, struct connection *connection)
{
	go_on(load, connection, 0);
	for (unsigned slot = 1; slot < load->streams && connection->state == WAITING; slot++) {
		go_on(load, connection, slot);
	}
}

/* Many connections from one address make the kernel search for a free port, long for the last. */
static void bind_source(int fd, const char *from)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	int on = 1;

	inet_pton(AF_INET, from, &address.sin_addr);
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0 ||
		bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		die("bind");
	}
}

static int connect_tcp(const struct load *load)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(load->port) };
	int on = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	inet_pton(AF_INET, load->host, &address.sin_addr);
	if (fd >= 0 && load->from != NULL) {
		bind_source(fd, load->from);
	}
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		die("connect");
	}
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return fd;
}

static int connect_unix(const struct load *load)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", load->unix_path);
	if (fd < 0 || connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		die("connect");
	}
	return fd;
}

static void open_connection(struct load *load, struct connection *connection)
{
	struct epoll_event event = { .events = EPOLLIN, .data.ptr = connection };

	if (connection->answer == NULL) {
		connection->answer = malloc(load->answer_max);
		connection->slots = calloc(load->streams, sizeof(*connection->slots));
		connection->out = malloc(load->streams * FRAME_MAX);
	}
	connection->waiting = 0;
	connection->out_len = 0;
	connection->len = 0;
	connection->state = OPENING;
	connection->fd = load->unix_path != NULL ? connect_unix(load) : connect_tcp(load);
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, connection->fd, &event) != 0) {
		die("epoll_ctl");
	}
	if (load->websocket) {
		send_handshake(load, connection);
	} else {
		begin(load, connection);
	}
}

static void handle_broken(struct load *load, struct connection *connection)
{
	bool was_waiting = connection->state != IDLE;

	close(connection->fd);
	load->broken++;
	if (!was_waiting) {
		load->idle_now--;
	}
	if (load->broken > 100000) {
		fprintf(stderr, "too many connections break\n");
		exit(1);
	}
	open_connection(load, connection);
}

static void count_answer(
	struct load *load, struct connection *connection, unsigned slot, int status)
{
	double took = now() - connection->slots[slot].sent_at;
	size_t step = (size_t)(took * 1e5);

	connection->waiting--;
	load->answered++;
	load->status[status]++;
	load->longest = took > load->longest ? took : load->longest;
	load->latency[step < LATENCY_STEPS ? step : LATENCY_STEPS - 1]++;
}

/* Length of the HTTP answer at the start of the input, 0 while it is incomplete. */
static size_t http_answer(struct connection *connection, int *status)
{
	connection->answer[connection->len] = '\0';
	const char *end = strstr(connection->answer, "\r\n\r\n");
	if (end == NULL) {
		return 0;
	}
	size_t head = (size_t)(end - connection->answer) + 4;
	const char *length = strcasestr(connection->answer, "\r\ncontent-length:");
	*status = connection->len > 12 ? (int)strtol(connection->answer + 9, NULL, 10) : 0;
	if (*status < 100 || *status >= STATUS_MAX) {
		fprintf(stderr, "an answer without a status\n");
		exit(1);
	}
	if (length == NULL || length > end) {
		return head;
	}
	size_t size = head + strtoul(length + 17, NULL, 10);
	return size <= connection->len ? size : 0;
}

/* The slot of the request that a JSON-RPC answer is to. */
static unsigned slot_of(const struct load *load, struct connection *connection, const char *text)
{
	const char *at = strstr(text, "\"id\":");
	uint32_t id = at != NULL ? (uint32_t)strtoul(at + 5, NULL, 10) : UINT32_MAX;
	unsigned slot = id % load->streams;

	if (at == NULL || connection->slots[slot].id != id) {
		fprintf(stderr, "an answer to somebody else: %s\n", text);
		exit(1);
	}
	return slot;
}

/* The same for a frame; a result counts as 200, an error as its data.status or 500. */
static size_t frame_answer(
	struct load *load, struct connection *connection, int *status, unsigned *slot)
{
	const unsigned char *at = (const unsigned char *)connection->answer;
	size_t head = 2;

	if (connection->len < 4) {
		return 0;
	}
	size_t len = at[1];
	if (len == 126) {
		len = (size_t)at[2] << 8 | at[3];
		head = 4;
	}
	if (connection->len < head + len) {
		return 0;
	}
	*status = 0;
	if ((at[0] & 0x0f) != 1) {
		if ((at[0] & 0x0f) == 9) {
			send_pong(connection, at + 2, len);
		}
		return head + len;
	}
	char *text = connection->answer + head;
	char *after = text + len, kept = *after;
	*after = '\0';
	*slot = slot_of(load, connection, text);
	const char *reason = strstr(text, "\"status\":");
	bool good = strstr(text, "\"result\":") != NULL;
	*status = good ? 200 : reason != NULL ? (int)strtol(reason + 9, NULL, 10) : 500;
	*after = kept;
	return head + len;
}

static void handle_answers(struct load *load, struct connection *connection)
{
	while (connection->len > 0) {
		bool frames = load->websocket && connection->state != UPGRADING;
		int status = 0;
		unsigned slot = 0;
		size_t used = frames ? frame_answer(load, connection, &status, &slot)
				     : http_answer(connection, &status);
		if (used == 0) {
			return;
		}
		connection->len -= used;
		memmove(connection->answer, connection->answer + used, connection->len);
		if (connection->state == UPGRADING && status != 101) {
			fprintf(stderr, "the handshake was answered with %d\n", status);
			exit(1);
		}
		if (status == 0) {
			continue;
		}
		if (connection->state == UPGRADING) {
			begin(load, connection);
			continue;
		}
		count_answer(load, connection, slot, status);
		go_on(load, connection, slot);
	}
}

static void handle_input(struct load *load, struct connection *connection)
{
	ssize_t got = recv(connection->fd, connection->answer + connection->len,
		load->answer_max - 1 - connection->len, MSG_DONTWAIT);

	if (got < 0 && errno == EAGAIN) {
		return;
	}
	if (got <= 0) {
		handle_broken(load, connection);
		return;
	}
	connection->len += (size_t)got;
	handle_answers(load, connection);
	flush(connection);
}

static void open_more(struct load *load)
{
	unsigned long window = load->idle ? IDLE_WINDOW : load->connections;

	while (load->opened < load->connections && load->opened - load->idle_now < window) {
		open_connection(load, &load->all[load->opened++]);
	}
}

/* Waits at most a second; true when standard input has ended, if that is watched. */
static bool handle_events(struct load *load)
{
	struct epoll_event events[256];
	int count = epoll_wait(load->epoll, events, 256, 1000);
	bool over = false;

	for (int i = 0; i < count; i++) {
		if (events[i].data.ptr != NULL) {
			handle_input(load, events[i].data.ptr);
		} else {
			over = true;
		}
	}
	return over;
}

static void run(struct load *load)
{
	double limit = now() + 240;

	load->epoll = epoll_create1(EPOLL_CLOEXEC);
	load->all = calloc(load->connections, sizeof(*load->all));
	load->began = now();
	open_more(load);
	while (load->idle_now < load->connections) {
		handle_events(load);
		open_more(load);
		if (now() > limit) {
			fprintf(stderr, "not done after 240 seconds\n");
			exit(1);
		}
	}
}

static void hold(struct load *load)
{
	struct epoll_event event = { .events = EPOLLIN };

	puts("idle");
	fflush(stdout);
	if (epoll_ctl(load->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &event) != 0) {
		die("epoll_ctl");
	}
	while (!handle_events(load)) {
	}
}

static double percentile(const struct load *load, double part)
{
	unsigned long below = 0;

	for (size_t i = 0; i < LATENCY_STEPS; i++) {
		below += load->latency[i];
		if ((double)below >= part * (double)load->answered) {
			return (double)(i + 1) / 1e5;
		}
	}
	return load->longest;
}

static void print_result(const struct load *load, double seconds)
{
	const char *comma = "";

	printf("{\"answered\": %lu, \"seconds\": %.6f, \"broken\": %lu, \"p50\": %.5f, "
	       "\"p99\": %.5f, \"longest\": %.4f, \"status\": {",
		load->answered, seconds, load->broken, percentile(load, 0.5),
		percentile(load, 0.99), load->longest);
	for (int i = 0; i < STATUS_MAX; i++) {
		if (load->status[i] > 0) {
			printf("%s\"%d\": %lu", comma, i, load->status[i]);
			comma = ", ";
		}
	}
	printf("}}\n");
}

static void read_options(struct load *load, int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "c:m:n:s:b:p:f:u:Bwi")) >= 0) {
		switch (option) {
		case 'c': load->connections = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'm': load->streams = (unsigned)strtoul(optarg, NULL, 10); break;
		case 'n': load->requests = strtoul(optarg, NULL, 10); break;
		case 's': load->seconds = strtod(optarg, NULL); break;
		case 'b': load->body_size = strtoul(optarg, NULL, 10); break;
		case 'p': load->path = optarg; break;
		case 'f': load->from = optarg; break;
		case 'u': load->unix_path = optarg; break;
		case 'B': load->browser = true; break;
		case 'w': load->websocket = true; break;
		case 'i': load->idle = true; break;
		default: exit(2);
		}
	}
	if (argc - optind != 2) {
		fprintf(stderr, "usage: load [-c CONNECTIONS] [-m STREAMS] [-n REQUESTS | -s "
				"SECONDS] [-b BYTES] "
				"[-p PATH] [-f FROM] [-u SOCKET] [-B] [-w] [-i] ADDRESS PORT\n");
		exit(2);
	}
	load->host = argv[optind];
	load->port = (unsigned short)strtoul(argv[optind + 1], NULL, 10);
}

int main(int argc, char **argv)
{
	static struct load load = {
		.path = "/bench", .connections = 16, .streams = 1, .body_size = 100
	};

	read_options(&load, argc, argv);
	make_request(&load);
	run(&load);
	double seconds = now() - load.began;
	if (load.idle) {
		hold(&load);
	}
	print_result(&load, seconds);
	return 0;
}
