# SPDX-License-Identifier: Apache-2.0
# SPDX-FileCopyrightText: The Bridgehead authors

"""What the system tests speak with: a broker, workers, the gateway, and clients made of bytes."""
