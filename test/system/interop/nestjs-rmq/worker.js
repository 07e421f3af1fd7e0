// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A worker of the package nestjs-rmq as its documentation writes one, decorators applied by hand
// because nothing here is compiled. Knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { Controller, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { IsNumber } = require('class-validator');
const { RMQError, RMQModule, RMQRoute, RMQValidate } = require('nestjs-rmq');
const { ERROR_TYPE } = require('nestjs-rmq/dist/constants');

const EXCHANGE = process.env.EXCHANGE;
const noted = [];

class Pair {}
for (const name of ['a', 'b']) {
    IsNumber()(Pair.prototype, name);
}

class Handlers {
    describe(value) {
        return { got: value };
    }

    add(pair) {
        return pair.a + pair.b;
    }

    text() {
        return 'plain';
    }

    nothing() {
        return null;
    }

    forgets() {}

    missing() {
        throw new RMQError('no such order', ERROR_TYPE.RMQ, 404, { order: 7, code: 'E_NO_ORDER' });
    }

    unmapped() {
        throw new RMQError('not in stock', ERROR_TYPE.RMQ, 7);
    }

    crash() {
        throw new Error('the shelf fell over');
    }

    throws() {
        throw 'a text';
    }

    async slow(value) {
        await new Promise((done) => setTimeout(done, value.ms));
        return 'late';
    }

    note(value) {
        noted.push(value);
    }

    seen() {
        return noted;
    }
}
for (const name of Object.getOwnPropertyNames(Handlers.prototype)) {
    const method = Object.getOwnPropertyDescriptor(Handlers.prototype, name);
    if (name === 'add') {
        Reflect.defineMetadata('design:paramtypes', [Pair], Handlers.prototype, name);
        RMQValidate()(Handlers.prototype, name, method);
    }
    if (name !== 'constructor') {
        RMQRoute(`orders.${name}`)(Handlers.prototype, name, method);
    }
}
Controller()(Handlers);

const url = new URL(process.env.AMQP_URL);

class AppModule {}
Module({
    imports: [
        RMQModule.forRoot({
            exchangeName: EXCHANGE,
            isExchangeDurable: false,
            connections: [
                {
                    login: url.username || 'guest',
                    password: url.password || 'guest',
                    host: url.hostname,
                    port: Number(url.port),
                },
            ],
            queueName: `${EXCHANGE}-orders`,
            isQueueDurable: false,
            serviceName: 'orders',
        }),
    ],
    controllers: [Handlers],
})(AppModule);

async function main() {
    const app = await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'warn'] });
    await app.init();
    console.log('ready');
}

main();
