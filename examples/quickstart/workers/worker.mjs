// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A worker in Node: knows a few quotes. All it knows else is a broker, a queue, and that a reply goes
// to `reply_to` with the `correlation_id` of the request.

import amqp from 'amqplib';

const queue = 'quickstart.quotes';
const quotes = {
    lovelace: { year: '1843', text: 'The Analytical Engine has no pretensions whatever to originate anything.' },
    turing: { year: '1950', text: 'We can only see a short distance ahead, but we can see plenty there that needs to be done.' },
    hopper: { year: '1982', text: 'It is often easier to ask for forgiveness than to ask for permission.' },
};

const connection = await amqp.connect(process.env.AMQP_URL);
const channel = await connection.createChannel();
await channel.assertQueue(queue, { durable: false, autoDelete: true });

function show({ properties, content }) {
    const fields = {
        queue,
        correlation_id: properties.correlationId,
        reply_to: properties.replyTo,
        expiration: properties.expiration,
        content_type: properties.contentType,
        headers: JSON.stringify(properties.headers),
        body: content.toString(),
    };
    const present = Object.entries(fields).filter(([, value]) => value);
    console.log(present.map(([name, value]) => `${name}=${value}`).join(' '));
}

// A reply header `status` is the status of the answer; `x-year` passes because the mapping lists it.
function reply({ properties }) {
    const quote = quotes[properties.headers.author];
    const headers = quote ? { 'x-year': quote.year } : { status: 404 };
    const content = Buffer.from(quote ? quote.text : 'nothing by that author');
    channel.sendToQueue(properties.replyTo, content, {
        correlationId: properties.correlationId,
        contentType: 'text/plain; charset=utf-8',
        headers,
    });
}

await channel.consume(
    queue,
    (message) => {
        show(message);
        if (message.properties.replyTo) {
            reply(message);
        }
    },
    { noAck: true },
);
console.log('ready');
