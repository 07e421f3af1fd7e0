// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A NestJS microservice on RabbitMQ as its documentation writes one, decorators applied by hand
// because nothing here is compiled. Knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { EventPattern, MessagePattern, RpcException, Transport } = require('@nestjs/microservices');
const { EMPTY, Observable, of } = require('rxjs');

const noted = [];

class MathController {
    sum(numbers) {
        return numbers.reduce((a, b) => a + b, 0);
    }

    describe(value) {
        return { got: value };
    }

    missing() {
        throw new RpcException({ statusCode: 404, message: 'no such order', code: 'E_NO_ORDER' });
    }

    crash() {
        throw new Error('the password is hunter2');
    }

    async slow(ms) {
        await new Promise((done) => setTimeout(done, ms));
        return 'late';
    }

    several() {
        return of(1, 2, 3);
    }

    lingering() {
        return new Observable((subscriber) => {
            subscriber.next('a');
            subscriber.next('b');
            setTimeout(() => subscriber.complete(), 300);
        });
    }

    nothing() {
        return EMPTY;
    }

    note(value) {
        noted.push(value);
    }

    seen() {
        return noted;
    }
}

function handles(pattern, method, decorate = MessagePattern) {
    const descriptor = Object.getOwnPropertyDescriptor(MathController.prototype, method);
    decorate(pattern)(MathController.prototype, method, descriptor);
    Object.defineProperty(MathController.prototype, method, descriptor);
}
handles('sum', 'sum');
handles({ cmd: 'describe' }, 'describe');
handles('missing', 'missing');
handles('crash', 'crash');
handles('slow', 'slow');
for (const name of ['several', 'lingering', 'nothing', 'seen']) {
    handles(name, name);
}
handles('noted', 'note', EventPattern);
require('@nestjs/common').Controller()(MathController);

class AppModule {}
Module({ controllers: [MathController] })(AppModule);

async function main() {
    const app = await NestFactory.createMicroservice(AppModule, {
        transport: Transport.RMQ,
        options: {
            urls: [process.env.AMQP_URL],
            queue: process.env.QUEUE,
            queueOptions: { durable: false },
        },
        logger: ['error', 'warn'],
    });
    await app.listen();
    console.log('ready');
}

main();
