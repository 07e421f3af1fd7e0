// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A NestJS microservice on RabbitMQ as its documentation writes one; the decorators are called by
// hand, so that nothing needs to be compiled. It knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { Controller, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { EventPattern, MessagePattern, RpcException, Transport } = require('@nestjs/microservices');
const { interval, map, take } = require('rxjs');

class ShopController {
    sum(numbers) {
        return numbers.reduce((a, b) => a + b, 0);
    }

    order({ id }) {
        if (id !== '1') {
            throw new RpcException({ statusCode: 404, message: `no order ${id}` });
        }
        return { id, item: 'tea' };
    }

    countdown(from) {
        return interval(50).pipe(
            take(Number(from)),
            map((gone) => Number(from) - gone),
        );
    }

    shipped(event) {
        console.log('shipped', JSON.stringify(event));
    }
}

function handles(decorator, method) {
    const descriptor = Object.getOwnPropertyDescriptor(ShopController.prototype, method);
    decorator(ShopController.prototype, method, descriptor);
}
handles(MessagePattern('sum'), 'sum');
handles(MessagePattern({ cmd: 'order' }), 'order');
handles(MessagePattern('countdown'), 'countdown');
handles(EventPattern('shipped'), 'shipped');
Controller()(ShopController);

class AppModule {}
Module({ controllers: [ShopController] })(AppModule);

async function main() {
    const app = await NestFactory.createMicroservice(AppModule, {
        transport: Transport.RMQ,
        options: {
            urls: [process.env.AMQP_URL],
            queue: 'example.nestjs',
            queueOptions: { durable: false, autoDelete: true },
            // Without these two a worker takes all there is, and loses it when it dies.
            noAck: false,
            prefetchCount: 20,
        },
        logger: ['error', 'warn'],
    });
    app.enableShutdownHooks();
    await app.listen();
    console.log('ready');
}

main();
