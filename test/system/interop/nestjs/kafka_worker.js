// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The Bridgehead authors

// A NestJS microservice on Kafka; its topic is the pattern. Knows nothing of Bridgehead.
'use strict';

require('reflect-metadata');
const { Controller, Module } = require('@nestjs/common');
const { NestFactory } = require('@nestjs/core');
const { MessagePattern, Transport } = require('@nestjs/microservices');

class EchoController {
    echo(value) {
        return { got: value };
    }
}
const method = Object.getOwnPropertyDescriptor(EchoController.prototype, 'echo');
MessagePattern(process.env.TOPIC)(EchoController.prototype, 'echo', method);
Controller()(EchoController);

class AppModule {}
Module({ controllers: [EchoController] })(AppModule);

async function main() {
    const app = await NestFactory.createMicroservice(AppModule, {
        transport: Transport.KAFKA,
        options: {
            client: { brokers: [process.env.KAFKA], logLevel: 1 },
            consumer: { groupId: 'echo' },
        },
        logger: ['error', 'warn'],
    });
    await app.listen();
    console.log('ready');
}

main();
