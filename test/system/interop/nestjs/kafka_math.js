// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A NestJS microservice on Kafka, each topic a pattern. Knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { Controller, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { MessagePattern, RpcException, Transport } = require('@nestjs/microservices');
const { of } = require('rxjs');

class MathController {
    sum(numbers) {
        return numbers.reduce((a, b) => a + b, 0);
    }

    describe(value) {
        return { got: value };
    }

    text() {
        return 'plain';
    }

    missing() {
        throw new RpcException({ statusCode: 404, message: 'no such order', code: 'E_NO_ORDER' });
    }

    crash() {
        throw new Error('the password is hunter2');
    }

    async slow(ms) {
        await new Promise((done) => setTimeout(done, Number(ms)));
        return 'late';
    }

    several() {
        return of(1, 2, 3);
    }
}
for (const name of ['sum', 'describe', 'text', 'missing', 'crash', 'slow', 'several']) {
    const method = Object.getOwnPropertyDescriptor(MathController.prototype, name);
    MessagePattern(process.env.PREFIX + name)(MathController.prototype, name, method);
}
Controller()(MathController);

class AppModule {}
Module({ controllers: [MathController] })(AppModule);

async function main() {
    const app = await NestFactory.createMicroservice(AppModule, {
        transport: Transport.KAFKA,
        options: {
            client: { brokers: [process.env.KAFKA], logLevel: 1 },
            consumer: { groupId: process.env.PREFIX },
        },
        logger: ['error', 'warn'],
    });
    await app.listen();
    console.log('ready');
}

main();
