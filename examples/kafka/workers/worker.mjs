// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A worker in Node with kafkajs: knows a few quotes. All it knows else is Kafka, a topic, and that a
// reply goes to the topic in `reply_to` with the `correlation_id` of the request.

import kafkajs from 'kafkajs';

const { Kafka, Partitioners, logLevel } = kafkajs;
const topic = 'example.quotes';
const quotes = {
    lovelace: { year: '1843', text: 'The Analytical Engine has no pretensions whatever to originate anything.' },
    turing: { year: '1950', text: 'We can only see a short distance ahead, but we can see plenty there that needs to be done.' },
    hopper: { year: '1982', text: 'It is often easier to ask for forgiveness than to ask for permission.' },
};

const kafka = new Kafka({ brokers: [process.env.KAFKA], logLevel: logLevel.ERROR });
const producer = kafka.producer({ createPartitioner: Partitioners.DefaultPartitioner });
const consumer = kafka.consumer({ groupId: 'example.node' });

function show(headers, value) {
    const fields = { topic, ...headers, body: value };
    console.log(Object.entries(fields).map(([name, text]) => `${name}=${text}`).join(' '));
}

// A reply header `status` is the status of the answer; `x-year` passes because the mapping lists it.
async function handleRecord({ message }) {
    const headers = Object.fromEntries(Object.entries(message.headers).map(([name, value]) => [name, String(value)]));
    show(headers, String(message.value ?? ''));
    const quote = quotes[headers.author];
    await producer.send({
        topic: headers.reply_to,
        messages: [{
            value: quote ? quote.text : 'no such author',
            headers: {
                correlation_id: headers.correlation_id,
                'content-type': 'text/plain; charset=utf-8',
                ...(quote ? { 'x-year': quote.year } : { status: '404' }),
            },
        }],
    });
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
consumer.on(consumer.events.GROUP_JOIN, () => console.log('ready'));
await consumer.run({ eachMessage: handleRecord });
