// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// Handlers of @golevelup/nestjs-rabbitmq as its documentation writes them, decorators applied by
// hand because nothing here is compiled. Knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { defaultNackErrorHandler, RabbitMQModule, RabbitRPC } = require('@golevelup/nestjs-rabbitmq');
const { Injectable, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');

class Handlers {
    describe(value) {
        return { got: value };
    }

    text() {
        return 'plain';
    }

    nothing() {
        return null;
    }

    crash() {
        throw new Error('the password is hunter2');
    }

    async slow(value) {
        await new Promise((done) => setTimeout(done, value.ms));
        return 'late';
    }
}
for (const name of ['describe', 'text', 'nothing', 'crash', 'slow']) {
    const method = Object.getOwnPropertyDescriptor(Handlers.prototype, name);
    RabbitRPC({
        exchange: 'golevelup',
        routingKey: name,
        queue: `golevelup-${name}`,
        queueOptions: { durable: false },
        errorHandler: defaultNackErrorHandler,
    })(Handlers.prototype, name, method);
}
Injectable()(Handlers);

class AppModule {}
Module({
    imports: [
        RabbitMQModule.forRoot({
            exchanges: [{ name: 'golevelup', type: 'topic', options: { durable: false } }],
            uri: process.env.AMQP_URL,
            connectionInitOptions: { wait: true },
        }),
    ],
    providers: [Handlers],
})(AppModule);

async function main() {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
    await app.init();
    console.log('ready');
}

main();
