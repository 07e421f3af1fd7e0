/* SPDX-License-Identifier: Apache-2.0 */
/* SPDX-FileCopyrightText: The Bridgehead authors */

/*
 * The content of an answer that is a file, on its way from the kernel's cache to the socket without
 * passing through our memory. It begins behind the answer's head and ends the answer.
 */
#pragma once

struct connection;
struct file_part;
struct http1_file;

/* Sends what the socket takes, and the rest when it takes more. Takes the descriptor. */
void http1_file_begin(struct connection *connection, struct file_part *part);
/* The socket takes bytes again. */
void http1_file_go_on(struct connection *connection);
/* NULL is accepted. */
void http1_file_destroy(struct http1_file *file);
