// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A Moleculer service as its documentation writes one. Knows nothing of Bridgehead.
'use strict';

const { Readable } = require('stream');
const { Errors, ServiceBroker } = require('moleculer');

const broker = new ServiceBroker({
    nodeID: 'worker',
    transporter: process.env.AMQP_URL,
    disableBalancer: true,
    logger: false,
});

broker.createService({
    name: 'math',
    actions: {
        add: {
            params: { a: 'number', b: 'number' },
            handler: (ctx) => ctx.params.a + ctx.params.b,
        },
        missing() {
            throw new Errors.MoleculerClientError('no such order', 404, 'NO_ORDER');
        },
        crash() {
            throw new Error('no luck');
        },
        async slow(ctx) {
            await new Promise((done) => setTimeout(done, ctx.params.ms));
            return 'late';
        },
        several: () => Readable.from(['a', 'b', 'c'].map((text) => Buffer.from(text))),
    },
});

broker.start().then(() => console.log('ready'));
